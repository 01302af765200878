"""Cordless drills."""

from __future__ import annotations

from renderfit.datasets.procedural.designs import palette as c

DRILLS: dict[str, c.Design] = {
    "standard": {
        "body_color": c.YELLOW,
    },
    "compact": {
        "axis": 0.165, "motor_radius": 0.0275, "motor_back": 0.060, "motor_front": 0.040, "battery_length": 0.088,
        "battery_width": 0.062, "battery_height": 0.034, "chuck_length": 0.036, "body_color": c.TEAL, "accent_color": c.WHITE,
    },
    "hammer": {
        "axis": 0.198, "motor_radius": 0.033, "motor_back": 0.080, "motor_front": 0.050, "battery_length": 0.122,
        "battery_width": 0.076, "battery_height": 0.056, "gear_radius": 0.029, "gear_length": 0.030, "chuck_radius": 0.0225,
        "chuck_length": 0.048, "body_color": c.RED, "accent_color": c.WHITE,
    },
    "slim": {
        "axis": 0.172, "motor_radius": 0.024, "motor_back": 0.064, "motor_front": 0.044, "grip_depth": 0.0175, "grip_width": 0.0145,
        "battery_length": 0.078, "battery_width": 0.054, "battery_height": 0.046, "battery_shift": 0.004, "tower": True, "clip": False,
        "gear_radius": 0.0205, "chuck_radius": 0.0175, "body_color": c.BLUE, "accent_color": c.RED,
    },
    "upright": {
        "axis": 0.185, "lean": 0.004, "motor_back": 0.058, "motor_front": 0.058, "battery_shift": 0.008, "gear_length": 0.026,
        "body_color": c.GREEN, "accent_color": c.BLACK,
    },
    "raked": {
        "axis": 0.180, "lean": 0.034, "motor_back": 0.082, "motor_front": 0.036, "battery_shift": 0.020, "motor_radius": 0.031,
        "body_color": c.ORANGE, "accent_color": c.BLACK,
    },
    "screwdriver": {
        "axis": 0.160, "motor_radius": 0.026, "motor_back": 0.056, "motor_front": 0.036, "battery_length": 0.084,
        "battery_width": 0.058, "battery_height": 0.030, "gear_length": 0.016, "clip": False, "chuck_radius": 0.0165,
        "chuck_length": 0.026, "chuck_taper": 0.75, "bit": 0.022, "lean": 0.012, "body_color": c.SLATE, "accent_color": c.ORANGE,
    },
    "builder": {
        "axis": 0.206, "motor_radius": 0.0315, "motor_back": 0.074, "motor_front": 0.048, "battery_length": 0.116,
        "battery_width": 0.078, "battery_height": 0.066, "battery_shift": 0.012, "tower": True, "grip_depth": 0.0215,
        "gear_length": 0.028, "body_color": c.YELLOW, "accent_color": c.BLACK, "gear_color": c.GREY,
    },
    "classic": {
        "axis": 0.190, "motor_radius": 0.0335, "motor_back": 0.092, "motor_front": 0.030, "taper": 0.8, "lean": 0.026,
        "battery_length": 0.092, "battery_width": 0.066, "battery_height": 0.058, "battery_shift": 0.006, "tower": True, "clip": False,
        "chuck_radius": 0.021, "chuck_taper": 0.62, "body_color": c.NAVY, "accent_color": c.YELLOW,
    },
    "drywall": {
        "axis": 0.178, "motor_radius": 0.0285, "motor_back": 0.066, "motor_front": 0.066, "taper": 0.84, "gear_radius": 0.022,
        "gear_length": 0.034, "chuck_radius": 0.0155, "chuck_length": 0.030, "chuck_taper": 0.7, "bit": 0.016, "battery_height": 0.040,
        "body_color": c.LIME, "accent_color": c.BLACK,
    },
    "garage": {
        "axis": 0.183, "motor_radius": 0.029, "motor_back": 0.070, "motor_front": 0.042, "lean": 0.022, "battery_length": 0.100,
        "battery_width": 0.068, "battery_height": 0.050, "chuck_length": 0.046, "chuck_taper": 0.45, "body_color": c.WINE,
        "accent_color": c.SILVER,
    },
    "workshop": {
        "axis": 0.188, "motor_radius": 0.031, "motor_back": 0.066, "motor_front": 0.050, "lean": 0.014, "battery_length": 0.110,
        "battery_width": 0.074, "battery_height": 0.048, "gear_radius": 0.026, "gear_length": 0.026, "body_color": c.TEAL,
        "accent_color": c.ORANGE, "bit": 0.030,
    },
    "impact": {
        "axis": 0.212, "motor_radius": 0.036, "motor_back": 0.060, "motor_front": 0.034, "taper": 0.94, "lean": 0.030,
        "grip_depth": 0.0225, "grip_width": 0.018, "battery_length": 0.130, "battery_width": 0.082, "battery_height": 0.074,
        "battery_shift": 0.024, "gear_radius": 0.031, "gear_length": 0.044, "chuck_radius": 0.0145, "chuck_length": 0.026,
        "chuck_taper": 0.8, "body_color": c.BLUE, "gear_color": c.SILVER, "accent_color": c.WHITE,
    },
}  # fmt: skip
