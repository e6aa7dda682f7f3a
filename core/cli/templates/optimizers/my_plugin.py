"""Gradient descent along an average of the gradients so far: m⁺ = β m + (1 − β) ∇f(p), p⁺ = p − μ m⁺."""
# Put the update of your method here, with authors, journal and year; the first line above is what `list` prints.

# The parameters of the config: default, range, meaning.
parameters = {"beta": dict(default=0.5, range="[0, 1)", doc="share β of the average that is kept")}


# At a point whose gradient is known: the direction d of p⁺ = p + μ d. The step size μ is chosen elsewhere. It is called
# with what it names: point, gradient, value, iteration, memory, objective, and the parameters.
def direction(gradient, memory, beta):
    # What is remembered from iteration to iteration lies in the memory of the run.
    memory["average"] = beta * memory.get("average", 0) + (1 - beta) * gradient
    return -memory["average"]
