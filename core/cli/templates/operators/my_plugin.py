"""Every entry once, with a random sign: A(X)_i = s_i X_i, entries row by row. A*A is the identity."""
# Put your map here, with its source; the first line above is what `list` prints. A config expects E‖A(X)‖² = ‖X‖_F²,
# which makes step sizes comparable.
import numpy as np


# Called once; the others get what it returns as `prepared`. Random numbers come from `random` alone.
def prepare(shape, random):
    return np.sign(random.standard_normal(shape))


# z = A(X), and its adjoint G = A*(z): ⟨A(X), z⟩ = ⟨X, A*(z)⟩. The length of z is the number of measurements.
def forward(X, prepared):
    return (prepared * X).reshape(-1)


def adjoint(z, prepared):
    return prepared * z.reshape(prepared.shape)
