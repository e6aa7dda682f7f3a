"""Squares of small residuals, sizes of large ones, and smooth: ℓ(z; y) = Σ_i δ² (√(1 + (r_i/δ)²) − 1) with r = z − y."""
# Put your loss here, with authors, journal and year; the first line above is what `list` prints.
import numpy as np

# The parameters of the config: default, range, meaning.
parameters = {"width": dict(default=1.0, range="(0, inf)", doc="δ, where the loss turns from squares to sizes")}


# Value of a block of measurements, and its slope ∂ℓ/∂z_i.
def evaluate(prediction, data, width):
    r = prediction - data
    root = np.hypot(1, r / width)
    return np.sum(r * r / (root + 1)), r / root  # δ² (√(1 + (r/δ)²) − 1) without cancellation


# ∂²ℓ/∂z_i², for methods that ask for it. Without this function the loss has none, and such methods refuse it.
def curvature(prediction, data, width):
    return np.hypot(1, (prediction - data) / width) ** -3
