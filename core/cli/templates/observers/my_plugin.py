"""The stable rank ‖X‖_F²/‖X‖₂² of the estimate: at most its rank, and little moved by small singular values."""
# Put what you want to watch here, with its source; the first line above is what `list` prints.
import numpy as np

# Columns of the trace: name and formula; place in the progress line (the highest first), whether on a logarithmic axis.
columns = {"my_plugin": dict(doc="‖X‖_F²/‖X‖₂²", display_priority=30, logarithmic=False)}


# A pure function of what it names: iteration, point, gradient, value, X, L, R, prediction, data, truth, …. A value that
# is not defined is NaN, an empty field of the trace.
def observe(X):
    sigma = np.linalg.svd(X, compute_uv=False)
    return np.sum((sigma / sigma[0]) ** 2) if sigma[0] > 0 else np.nan
