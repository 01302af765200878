"""Trigger sprays."""

from __future__ import annotations

from renderfit.datasets.procedural.designs import palette as c

SPRAYS: dict[str, c.Design] = {
    "kitchen": {},
    "glass": {
        "height": 0.272, "radius": 0.040, "flatness": 0.66, "waist": 0.88, "waist_height": 0.66, "shoulder": 0.60, "body_color": c.SKY,
        "head_color": c.WHITE, "trigger_color": c.BLUE, "label_color": c.WHITE, "accent_color": c.BLUE, "nozzle": "round",
    },
    "bathroom": {
        "height": 0.255, "radius": 0.043, "flatness": 0.62, "squareness": 3.0, "shoulder": 0.66, "body_color": c.TEAL,
        "head_color": c.TEAL, "trigger_color": c.WHITE, "label_color": c.WHITE, "accent_color": c.SKY, "head_length": 0.078,
    },
    "garden": {
        "height": 0.262, "radius": 0.040, "flatness": 1.0, "squareness": 2.0, "shoulder": 0.56, "shoulder_round": 0.2,
        "body_color": c.WHITE, "head_color": c.GREEN, "trigger_color": c.GREEN, "label_color": c.GREEN, "accent_color": c.YELLOW,
        "nozzle": "round", "nozzle_size": 0.010,
    },
    "degreaser": {
        "height": 0.278, "radius": 0.046, "flatness": 0.70, "squareness": 3.4, "waist": 0.94, "waist_height": 0.6, "shoulder": 0.64,
        "head_length": 0.092, "body_color": c.ORANGE, "head_color": c.BLACK, "trigger_color": c.BLACK, "label_color": c.YELLOW,
        "accent_color": c.RED,
    },
    "plant": {
        "height": 0.225, "radius": 0.045, "flatness": 1.0, "squareness": 2.0, "foot": 0.92, "waist": 1.05, "waist_height": 0.5,
        "shoulder": 0.50, "shoulder_round": 0.9, "body_color": c.LIME, "head_color": c.WHITE, "trigger_color": c.WHITE,
        "label_color": c.WHITE, "accent_color": c.GREEN, "head_length": 0.076, "head_height": 0.046,
    },
    "hair": {
        "height": 0.240, "radius": 0.031, "flatness": 1.0, "squareness": 2.0, "shoulder": 0.68, "shoulder_round": 0.8,
        "head_length": 0.070, "head_height": 0.044, "head_width": 0.0125, "tail": 0.022, "trigger": 0.042, "body_color": c.PURPLE,
        "head_color": c.BLACK, "trigger_color": c.BLACK, "label_color": c.PINK, "accent_color": c.WHITE, "nozzle": "round",
        "nozzle_size": 0.0075,
    },
    "bleach": {
        "height": 0.282, "radius": 0.047, "flatness": 0.64, "squareness": 2.8, "waist": 0.84, "waist_height": 0.70, "shoulder": 0.60,
        "shoulder_round": 0.7, "body_color": c.WHITE, "head_color": c.BLUE, "trigger_color": c.RED, "label_color": c.BLUE,
        "accent_color": c.YELLOW,
    },
    "workshop": {
        "height": 0.265, "radius": 0.043, "flatness": 0.9, "squareness": 4.2, "shoulder": 0.64, "shoulder_round": 0.5, "tail": 0.036,
        "head_length": 0.094, "body_color": c.GREY, "head_color": c.RED, "trigger_color": c.BLACK, "label_color": c.BLACK,
        "accent_color": c.YELLOW, "nozzle": "hex",
    },
    "fabric": {
        "height": 0.268, "radius": 0.041, "flatness": 0.72, "foot": 1.05, "waist": 0.90, "waist_height": 0.8, "shoulder": 0.58,
        "slope": 0.010, "body_color": c.PINK, "head_color": c.WHITE, "trigger_color": c.PURPLE, "label_color": c.WHITE,
        "accent_color": c.PURPLE,
    },
    "wood": {
        "height": 0.250, "radius": 0.038, "flatness": 0.8, "squareness": 2.2, "shoulder": 0.60, "trigger_out": 0.033,
        "body_color": c.CREAM, "head_color": c.BROWN, "trigger_color": c.BROWN, "label_color": c.BROWN, "accent_color": c.CREAM,
    },
    "descaler": {
        "height": 0.266, "radius": 0.042, "flatness": 0.68, "squareness": 2.6, "waist": 0.92, "waist_height": 0.62, "shoulder": 0.63,
        "body_color": c.AQUA, "head_color": c.SKY, "trigger_color": c.NAVY, "label_color": c.NAVY, "accent_color": c.WHITE,
        "nozzle": "round",
    },
    "industrial": {
        "height": 0.296, "radius": 0.052, "flatness": 0.98, "squareness": 2.0, "foot": 0.96, "shoulder": 0.50, "shoulder_round": 0.05,
        "head_length": 0.104, "head_height": 0.056, "head_width": 0.017, "tail": 0.042, "slope": 0.0, "trigger": 0.062,
        "trigger_out": 0.022, "body_color": c.YELLOW, "head_color": c.CHARCOAL, "trigger_color": c.YELLOW, "label_color": c.BLACK,
        "accent_color": c.WHITE, "nozzle": "hex", "nozzle_size": 0.011,
    },
}  # fmt: skip
