"""Cameras: reflex, bridge, compact, rangefinder."""

from __future__ import annotations

from renderfit.datasets.procedural.designs import palette as c

CAMERAS: dict[str, c.Design] = {
    "reflex": {},
    "reflex_zoom": {
        "width": 0.134, "height": 0.080, "depth": 0.048, "lens_radius": 0.0325, "lens_length": 0.078, "lens_taper": 0.97,
        "grip": 0.019, "hump": 0.021, "hood": True, "ring_color": c.YELLOW,
    },
    "bridge": {
        "width": 0.118, "height": 0.072, "depth": 0.040, "grip": 0.019, "grip_width": 0.018, "hump": 0.013, "hump_width": 0.040,
        "lens_radius": 0.030, "lens_length": 0.062, "lens_taper": 1.0, "shoe": False, "corner": 0.013, "ring_color": c.SILVER,
    },
    "rangefinder": {
        "width": 0.132, "height": 0.072, "depth": 0.034, "grip": 0.0, "hump": 0.0, "corner": 0.016, "lens_x": -0.004,
        "lens_radius": 0.025, "lens_length": 0.036, "lens_taper": 0.9, "dial_x": 0.030, "body_color": c.SILVER, "top_color": c.SILVER,
        "band_color": c.BLACK, "flash_window": True, "band_high": 0.70, "ring_color": c.WHITE,
    },
    "compact": {
        "width": 0.102, "height": 0.060, "depth": 0.026, "grip": 0.0, "hump": 0.0, "corner": 0.010, "edge": 0.008, "lens_x": -0.010,
        "lens_radius": 0.023, "lens_length": 0.022, "lens_taper": 0.84, "shoe": False, "finder": False, "second_dial": False,
        "flash_window": True, "band_low": 0.0, "band_high": 0.0, "body_color": c.RED, "top_color": c.RED, "ring_color": c.SILVER,
        "dial_x": 0.020, "dial_radius": 0.008,
    },
    "mirrorless": {
        "width": 0.122, "height": 0.066, "depth": 0.034, "grip": 0.011, "grip_width": 0.013, "hump": 0.0, "lens_x": -0.012,
        "lens_radius": 0.029, "lens_length": 0.048, "lens_taper": 0.93, "flash_window": True, "body_color": c.CHARCOAL,
        "ring_color": c.ORANGE, "dial_x": 0.032,
    },
    "retro": {
        "width": 0.136, "height": 0.080, "depth": 0.040, "grip": 0.004, "grip_width": 0.014, "hump": 0.016, "hump_width": 0.050,
        "corner": 0.018, "lens_radius": 0.030, "lens_length": 0.046, "lens_taper": 0.95, "body_color": c.SILVER, "top_color": c.SILVER,
        "band_color": c.BROWN, "ring_color": c.SILVER, "dial_x": 0.040,
    },
    "superzoom": {
        "width": 0.124, "height": 0.078, "depth": 0.046, "grip": 0.022, "grip_width": 0.019, "hump": 0.016, "hump_width": 0.044,
        "lens_radius": 0.034, "lens_length": 0.070, "lens_taper": 1.02, "shoe": False, "corner": 0.014, "body_color": c.CHARCOAL,
        "ring_color": c.SILVER,
    },
    "pro": {
        "width": 0.142, "height": 0.090, "depth": 0.050, "grip": 0.020, "grip_width": 0.019, "hump": 0.020, "hump_width": 0.052,
        "lens_radius": 0.037, "lens_length": 0.064, "lens_taper": 1.0, "dial_radius": 0.0105, "ring_color": c.RED,
    },
    "travel": {
        "width": 0.108, "height": 0.063, "depth": 0.030, "grip": 0.007, "grip_width": 0.010, "hump": 0.0, "lens_x": -0.008,
        "lens_radius": 0.025, "lens_length": 0.032, "lens_taper": 0.88, "shoe": False, "finder": False, "second_dial": False,
        "flash_window": True, "body_color": c.NAVY, "top_color": c.NAVY, "ring_color": c.SKY, "dial_x": 0.028, "dial_radius": 0.0085,
    },
    "entry": {
        "width": 0.120, "height": 0.074, "depth": 0.044, "grip": 0.017, "hump": 0.020, "hump_width": 0.042, "lens_radius": 0.031,
        "lens_length": 0.058, "lens_taper": 0.9, "second_dial": False, "body_color": c.SLATE, "top_color": c.SLATE,
        "ring_color": c.WHITE,
    },
    "system": {
        "width": 0.126, "height": 0.072, "depth": 0.038, "grip": 0.014, "grip_width": 0.015, "hump": 0.012, "hump_width": 0.038,
        "corner": 0.011, "lens_radius": 0.030, "lens_length": 0.053, "lens_taper": 0.95, "body_color": c.GREY, "top_color": c.SILVER,
        "ring_color": c.RED,
    },
    "tele": {
        "width": 0.114, "height": 0.070, "depth": 0.042, "grip": 0.021, "grip_width": 0.018, "hump": 0.026, "hump_width": 0.040,
        "corner": 0.017, "lens_radius": 0.036, "lens_length": 0.095, "lens_taper": 1.06, "lens_x": -0.014, "hood": True,
        "body_color": c.CREAM, "top_color": c.CREAM, "band_color": c.BROWN, "ring_color": c.ORANGE,
    },
}  # fmt: skip
