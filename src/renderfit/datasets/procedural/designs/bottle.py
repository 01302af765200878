"""Bottles: water, soda, shampoo, wine, ..."""

from __future__ import annotations

from renderfit.datasets.procedural.designs import palette as c

BOTTLES: dict[str, c.Design] = {
    "water": {
        "rings": 7.0, "ring_depth": 0.0011, "body_color": c.AQUA, "cap_color": c.BLUE, "label_color": c.WHITE, "accent_color": c.BLUE,
    },
    "soda": {
        "height": 0.235, "radius": 0.032, "belly": 0.86, "belly_height": 0.58, "foot": 0.97, "shoulder": 0.50, "shoulder_length": 0.33,
        "shoulder_round": 0.5, "neck": 0.0125, "label_low": 0.28, "label_high": 0.5, "heel": 0.012, "body_color": c.COLA,
        "cap_color": c.RED, "label_color": c.RED, "accent_color": c.WHITE,
    },
    "shampoo": {
        "height": 0.205, "radius": 0.037, "flatness": 0.60, "squareness": 2.7, "foot": 0.96, "belly": 1.03, "belly_height": 0.62,
        "shoulder": 0.68, "shoulder_length": 0.13, "shoulder_round": 0.9, "neck": 0.0145, "cap": "flip", "cap_height": 0.028,
        "cap_width": 1.5, "heel": 0.006, "label_low": 0.16, "label_high": 0.60, "label_wrap": False, "body_color": c.PURPLE,
        "cap_color": c.WHITE, "label_color": c.CREAM, "accent_color": c.PINK,
    },
    "vinegar": {
        "height": 0.265, "radius": 0.030, "shoulder": 0.52, "shoulder_length": 0.24, "shoulder_round": 0.25, "neck": 0.0115,
        "cap_height": 0.02, "cap_width": 1.22, "label_low": 0.16, "label_high": 0.44, "heel": 0.005, "body_color": c.BROWN,
        "cap_color": c.BLACK, "label_color": c.CREAM, "accent_color": c.GREEN,
    },
    "juice": {
        "height": 0.205, "radius": 0.033, "squareness": 4.2, "shoulder": 0.63, "shoulder_length": 0.17, "shoulder_round": 0.8,
        "neck": 0.0165, "cap_height": 0.018, "cap_width": 1.18, "label_low": 0.14, "label_high": 0.56, "heel": 0.008,
        "body_color": c.ORANGE, "cap_color": c.GREEN, "label_color": c.WHITE, "accent_color": c.ORANGE,
    },
    "medicine": {
        "height": 0.160, "radius": 0.031, "shoulder": 0.66, "shoulder_length": 0.12, "shoulder_round": 1.0, "neck": 0.0145,
        "cap_height": 0.020, "cap_width": 1.22, "label_low": 0.10, "label_high": 0.60, "heel": 0.005, "body_color": c.AMBER,
        "cap_color": c.WHITE, "label_color": c.WHITE, "accent_color": c.TEAL,
    },
    "sport": {
        "height": 0.235, "radius": 0.035, "belly": 0.91, "belly_height": 0.66, "shoulder": 0.60, "shoulder_length": 0.19,
        "shoulder_round": 0.9, "neck": 0.0165, "cap": "sport", "cap_height": 0.038, "cap_width": 1.28, "rings": 9.0,
        "ring_depth": 0.0010, "label_low": 0.11, "label_high": 0.30, "body_color": c.SKY, "cap_color": c.NAVY, "label_color": c.NAVY,
        "accent_color": c.LIME,
    },
    "wine": {
        "height": 0.295, "radius": 0.0365, "shoulder": 0.60, "shoulder_length": 0.16, "shoulder_round": 0.75, "neck": 0.0135,
        "cap": "wine", "cap_height": 0.020, "cap_width": 1.12, "push_up": 0.018, "heel": 0.006, "label_low": 0.17, "label_high": 0.43,
        "body_color": c.BOTTLE_GREEN, "cap_color": c.WINE, "label_color": c.CREAM, "accent_color": c.WINE,
    },
    "ketchup": {
        "height": 0.190, "radius": 0.030, "flatness": 0.68, "squareness": 2.5, "foot": 1.16, "belly": 1.13, "belly_height": 0.5,
        "shoulder": 0.66, "shoulder_length": 0.13, "shoulder_round": 0.7, "neck": 0.0150, "cap": "flip", "cap_height": 0.032,
        "cap_width": 1.42, "heel": 0.008, "label_low": 0.16, "label_high": 0.58, "label_wrap": False, "body_color": c.RED,
        "cap_color": c.WHITE, "label_color": c.WHITE, "accent_color": c.GREEN,
    },
    "milk": {
        "height": 0.245, "radius": 0.046, "flatness": 0.86, "squareness": 3.8, "shoulder": 0.54, "shoulder_length": 0.30,
        "shoulder_round": 0.55, "neck": 0.0175, "cap_height": 0.016, "cap_width": 1.15, "heel": 0.009, "handle": True,
        "label_low": 0.14, "label_high": 0.46, "label_wrap": False, "body_color": c.WHITE, "cap_color": c.BLUE, "label_color": c.BLUE,
        "accent_color": c.WHITE,
    },
    "beer": {
        "height": 0.232, "radius": 0.0305, "shoulder": 0.54, "shoulder_length": 0.22, "shoulder_round": 0.6, "neck": 0.0128,
        "cap": "crown", "cap_height": 0.0075, "cap_width": 1.06, "heel": 0.005, "label_low": 0.14, "label_high": 0.44,
        "body_color": c.AMBER, "cap_color": c.YELLOW, "label_color": c.YELLOW, "accent_color": c.BOTTLE_GREEN,
    },
    "lotion": {
        "height": 0.215, "radius": 0.034, "flatness": 0.78, "squareness": 2.3, "foot": 0.93, "belly": 1.02, "belly_height": 0.6,
        "shoulder": 0.64, "shoulder_length": 0.17, "shoulder_round": 0.85, "neck": 0.0140, "cap": "flip", "cap_height": 0.027,
        "cap_width": 1.4, "heel": 0.006, "label_low": 0.15, "label_high": 0.56, "label_wrap": False, "body_color": c.TEAL,
        "cap_color": c.CREAM, "label_color": c.CREAM, "accent_color": c.TEAL,
    },
    "carafe": {
        "height": 0.225, "radius": 0.044, "foot": 0.90, "belly": 1.10, "belly_height": 0.5, "shoulder": 0.40, "shoulder_length": 0.36,
        "shoulder_round": 0.35, "neck": 0.0155, "cap_height": 0.022, "cap_width": 1.3, "heel": 0.016, "label_low": 0.14,
        "label_high": 0.33, "body_color": c.LIME, "cap_color": c.ORANGE, "label_color": c.ORANGE, "accent_color": c.WHITE,
    },
}  # fmt: skip
