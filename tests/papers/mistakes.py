#!/usr/bin/env python3
"""A mistake in an update rule makes a claim of its paper false.

  mistakes.py --build FOLDER [PAPER ...]

Each mistake of MISTAKES is made in a copy of the plugin, which is compiled as the build in FOLDER does it and takes the
place of the right one in a run of the small experiment. The exit code is 1 if all claims hold nevertheless.
"""
import argparse
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
from typing import NamedTuple

SOURCE = pathlib.Path(__file__).resolve().parents[2]


class Mistake(NamedTuple):
    paper: str
    experiment: str
    plugin: str  # "optimizers/momentum"
    before: str  # what the plugin holds once
    after: str


MISTAKES = [
    Mistake("chen2023", "incremental", "problems/symmetric_approximation",
            "X * gram - X.each_col() % lambda_", "X * gram - X.each_col() % (0.9 * lambda_)"),
    Mistake("ding2022", "noise", "optimizers/gradient_descent", "scale(direction, -1)", "scale(direction, 1)"),
    Mistake("ding2022", "noise", "initializations/small_random",
            "Real deviation = options_.scale;", "Real deviation = 1;"),
    Mistake("ding2022", "start", "initializations/small_random",
            "Real deviation = options_.scale;", "Real deviation = 0.1;"),
    Mistake("mohammadi2024", "cascade", "models/symmetric",
            "gradient[0] = gradient_of_X.left + gradient_of_X.right", "gradient[0] = gradient_of_X.left"),
    Mistake("mohammadi2024", "negative", "models/symmetric",
            "gradient[0] = gradient_of_X.left + gradient_of_X.right", "gradient[0] = gradient_of_X.left"),
    Mistake("soltanolkotabi2023", "trajectory", "models/asymmetric",
            "gradient[1] = gradient_of_X.right", "gradient[1] = -gradient_of_X.right"),
    Mistake("soltanolkotabi2023", "scale", "optimizers/gradient_descent",
            "scale(direction, -1);", "scale(direction, -0.5);"),
    Mistake("stoger2021", "alignment", "models/symmetric",
            "gradient[0] = gradient_of_X.left + gradient_of_X.right",
            "gradient[0] = -gradient_of_X.left - gradient_of_X.right"),
    Mistake("stoger2021", "scale", "models/symmetric",
            "gradient[0] = gradient_of_X.left + gradient_of_X.right", "gradient[0] = gradient_of_X.left"),
    Mistake("stoger2024", "transition", "models/symmetric",
            "gradient[0] = gradient_of_X.left + gradient_of_X.right",
            "gradient[0] = gradient_of_X.left - 0.9 * gradient_of_X.right"),
    Mistake("xiong2023", "symmetric", "optimizers/gradient_descent", "scale(direction, -1)", "scale(direction, 1)"),
    Mistake("xiong2023", "one_step", "optimizers/one_step_imbalance",
            "options_.beta * F.left", "F.left * arma::diagmat(F.values)"),
    Mistake("xiong2023", "one_step", "optimizers/one_step_imbalance",
            "arma::diagmat(F.values) / options_.beta", "F.right.t()"),
    Mistake("zhuo2021", "rank", "models/symmetric", "gradient_of_X.left + gradient_of_X.right", "gradient_of_X.left"),
    Mistake("grand", "condition", "optimizers/riemannian_gradient_descent",
            "retracted(X, -move.step, xi)", "retracted(X, move.step, xi)"),
    Mistake("grand", "noise", "optimizers/singular_value_projection",
            "at.X.dense() - move.step * G", "at.X.dense() + move.step * G"),
    Mistake("jia2023", "condition", "models/asymmetric", "gram_solve(point[1], damping, gradient[0])", "gradient[0]"),
    Mistake("jia2023", "condition", "optimizers/alternating_scaled_gradient_descent",
            "scale(direction, -1);", "scale(direction, -0.5);"),
    Mistake("jia2023", "step", "optimizers/alternating_scaled_gradient_descent",
            "Blocks::only(phase)", "Blocks::all()"),
    Mistake("jia2024", "error", "optimizers/alternating_scaled_gradient_descent",
            "Blocks::only(phase)", "Blocks::all()"),
    Mistake("jia2024", "error", "models/asymmetric", "gram_solve(point[0], damping, gradient[1])", "gradient[1]"),
    Mistake("jia2024", "descent", "models/symmetric", "gram_solve(point[0], damping, gradient[0])", "gradient[0]"),
    Mistake("liu2025", "condition", "optimizers/alternating_scaled_gradient_descent",
            "scale(direction, -1);", "scale(direction, 1);"),
    Mistake("liu2025", "condition", "models/asymmetric", "gram_solve(point[1], damping, gradient[0])", "gradient[0]"),
    Mistake("liu2025", "step", "optimizers/alternating_scaled_gradient_descent",
            "Blocks::only(phase)", "Blocks::all()"),
    Mistake("ma2021", "balancing", "models/asymmetric",
            "if (gradient && wanted.has(1)) (*gradient)[1] -= half",
            "if (gradient && wanted.has(1)) (*gradient)[1] += half"),
    Mistake("ma2021", "balancing", "models/asymmetric", "if (options_.balancing == 0) return 0;", "return 0;"),
    Mistake("ma2023", "certificate", "observers/strict_saddle_certificate",
            "certificate_ = std::max(certificate_, -arma::dot(u, z) / m);",
            "certificate_ = std::max(certificate_, arma::dot(u, z) / m);"),
    Mistake("ma2023", "saddle", "losses/absolute", "std::copysign(weight_, residual)", "weight_ * residual"),
    Mistake("tong2021", "condition", "models/asymmetric",
            "gram_solve(point[1], damping, gradient[0])", "gram_solve(point[0], damping, gradient[0])"),
    Mistake("tong2021", "condition", "models/asymmetric", "gram_solve(point[1], damping, gradient[0])", "gradient[0]"),
    Mistake("tong2021", "condition", "optimizers/scaled_gradient_descent",
            "scale(direction, -1);", "scale(direction, 1);"),
    Mistake("tong2021", "passes", "optimizers/alternating_minimization", "scale(descent, -1);", "scale(descent, 1);"),
    Mistake("wind2023", "perturbation", "perturbations/random_matrix",
            'options_.norm / (options_.measure == "spectral" ? spectral_norm(G) : frobenius_norm(G))',
            "options_.norm"),
    Mistake("wind2023", "perturbation", "perturbations/random_matrix",
            "options_.redrawn ? drawn(iteration) : first_", "first_"),
    Mistake("wind2023", "scale", "optimizers/gradient_descent", "scale(direction, -1)", "scale(direction, 1)"),
    Mistake("wind2023", "single_epoch", "optimizers/gradient_descent", "scale(direction, -1)", "scale(direction, 1)"),
    Mistake("xu2023", "condition", "models/symmetric", "gram_solve(point[0], damping, gradient[0])", "gradient[0]"),
    Mistake("xu2023", "initialization", "models/symmetric",
            "gram_solve(point[0], damping, gradient[0])", "gram_solve(point[0], 0, gradient[0])"),
    Mistake("zhang2021", "condition", "optimizers/scaled_gradient_descent",
            "damping(at, objective, memory)", "damping(at, objective, memory) * 0 + 1"),
    Mistake("zhang2021", "condition", "models/symmetric", "gram_solve(point[0], damping, gradient[0])", "gradient[0]"),
    Mistake("giampouras2024", "condition", "models/asymmetric", "gram_solve(point[1], damping, gradient[0])",
            "gram_solve(point[0], damping, gradient[0])"),
    Mistake("tong2021", "robust", "models/asymmetric", "direction[0] = gram_solve(point[1], damping, gradient[0]);",
            "direction[0] = gradient[0];"),
    Mistake("zhang2023", "limit", "problems/linear_self_attention",
            "(*gradient)[1] = point[0](0, 0) * of_product", "(*gradient)[1] = of_product"),
    Mistake("zhang2023", "sensing", "models/scalar_times_matrix",
            "gradient[1] = point[0](0, 0) * gradient_of_X.left", "gradient[1] = gradient_of_X.left"),
    Mistake("li2024", "convergence", "penalties/block_hankel_distance", "X.right * LL -", "X.right * LL +"),
    Mistake("li2024", "convergence", "projections/incoherence", "options.factor * largest", "0.2 * largest"),
    Mistake("li2024", "condition", "models/complex_asymmetric", "gram_solve(multiplier(point[1])", "gram_solve(multiplier(point[1] / 1.5)"),
    Mistake("yaras2023", "parsimony", "models/deep_chain", "decay_ * point[l]", "0.9 * decay_ * point[l]"),
    Mistake("yaras2024", "compression", "models/compressed_chain",
            "std::sqrt(o.outer_step), 1e-10", "std::sqrt(o.outer_step), 0.1"),
    Mistake("yaras2024", "completion", "models/compressed_chain",
            "std::sqrt(o.outer_step), 1e-10", "std::sqrt(o.outer_step), 0.1"),
    Mistake("kwon2024", "sensing", "models/compressed_chain",
            "o.outer_scale / root_ * outer.left", "1 / root_ * outer.left"),
    Mistake("tarzanagh2023", "global", "step_sizes/normalized", "Step(length_ / size)", "Step(length_)"),
    Mistake("tarzanagh2023", "joint", "problems/attention", "of(0), of(1)", "of(0), nullptr"),
    Mistake("tarzanagh2023svm", "local_convergence", "step_sizes/normalized", "Step(length_ / size)", "Step(length_)"),
    Mistake("tarzanagh2023svm", "dimension", "problems/attention",
            "head_at(at), of(0)", "Vec(-head_at(at)), of(0)"),
    Mistake("chou2023", "depth", "models/entrywise", "rho_.derivative(point[0][i]) * gradient_of_X.left[i]",
            "gradient_of_X.left[i]"),
    Mistake("chou2023", "bias", "models/entrywise", "rho_.derivative(point[0][i]) * gradient_of_X.left[i]",
            "gradient_of_X.left[i]"),
    Mistake("chou2023", "signed", "models/hadamard_difference", "(block == 0 ? 1 : -1)", "(block == 0 ? 1 : -0.5)"),
    Mistake("min2023", "separated", "problems/two_layer_relu", "of(0), of(1)", "nullptr, of(1)"),
    Mistake("min2023", "toy", "problems/two_layer_relu", "{1, std::sin(mu)}", "{1, 10 * std::sin(mu)}"),
    Mistake("min2023", "scale", "problems/two_layer_relu", "of(0), of(1)", "of(0), nullptr"),
    Mistake("min2024", "robustness", "problems/prelu",
            "network(point[0], point[1], o_.power)", "network(point[0], point[1], 1)"),
    Mistake("min2024", "subclasses", "problems/prelu",
            "of(0), of(1)", "of(0), nullptr"),
    Mistake("tanner2016", "condition", "optimizers/alternating_scaled_gradient_descent",
            "at.gradient, direction);", "at.gradient, direction); direction = at.gradient;"),
    Mistake("zilber2022", "sensing", "optimizers/gnmr", "b %= -inverse_root_;", "b %= inverse_root_;"),
    Mistake("zilber2022", "sensing", "optimizers/gnmr", "return true;", "return false;"),
    Mistake("kuemmerle2021", "limit", "optimizers/matrix_irls", "arma::accu(last[1] > epsilon)", "1"),
    Mistake("kuemmerle2021", "condition", "optimizers/matrix_irls",
            "std::min(epsilon, Z.values[rank_])", "epsilon"),
    Mistake("tong2021robust", "quadratic", "models/symmetric", "gram_solve(point[0], damping, gradient[0])", "gradient[0]"),
    Mistake("tong2021", "bilinear", "models/asymmetric", "direction[0] = gram_solve(point[1], damping, gradient[0]);",
            "direction[0] = gradient[0];"),
    Mistake("charisopoulos2021", "bilinear_sensing", "step_sizes/geometric_decay",
            "std::pow(options_.factor,", "std::pow(std::sqrt(options_.factor),"),
    Mistake("kim2023", "momentum", "optimizers/nesterov", "scale(velocity, beta);", "scale(velocity, 0);"),
    Mistake("zhang2017", "complex", "operators/rank_one", "a[2 * n + n + j] = -alpha", "a[2 * n + n + j] = alpha"),
    Mistake("tong2021", "completion", "optimizers/scaled_gradient_descent",
            "precondition(at.point, delta, at.gradient", "precondition(at.point, delta + 0.1, at.gradient"),
    Mistake("tong2021", "robust_pca", "initializations/trimmed_spectral",
            "if (is_large[i]) y[i] = 0;", "if (is_large[i]) y[i] *= 0.5;"),
    Mistake("tong2022", "completion", "models/tucker",
            "gram_solve(times_modes(p[3], T[1], T[2]).t(), damping, gradient[0])", "gradient[0]"),
    Mistake("charisopoulos2021", "blind_deconvolution", "step_sizes/geometric_decay",
            "static_cast<Real>(at.iteration))", "static_cast<Real>(at.iteration) / 2)"),
    Mistake("ma2020", "blind_deconvolution", "optimizers/gradient_descent",
            "scale(direction, -1);", "scale(direction, -0.5);"),
    Mistake("tong2021", "hankel", "optimizers/scaled_gradient_descent",
            "precondition(at.point, delta, at.gradient", "precondition(at.point, delta + 0.1, at.gradient"),
    Mistake("tarzanagh2023svm", "nuclear", "optimizers/block_normalized_gradient_descent",
            "block *= -1 / size", "block *= -1"),
    Mistake("tarzanagh2023svm", "nuclear", "problems/attention", "*of(1) = of_W.t() * at[0]", "*of(1) = of_W * at[0]"),
    Mistake("meka2009", "ratings", "step_sizes/barzilai_borwein", "last_direction[b] - direction[b]",
            "last_direction[b] + direction[b]"),
]


def commands_of(build, plugin):
    """How the build compiles and links a plugin: two commands, each a list of words."""
    listed = subprocess.run(["ninja", "-C", build, "-t", "commands", f"plugins/{plugin}.so"], check=True,
                            capture_output=True, text=True).stdout.splitlines()
    compiled = next(line for line in listed if line.endswith(f"-c {SOURCE}/plugins/{plugin}.cpp"))
    linked = next(line for line in reversed(listed) if f"-o plugins/{plugin}.so" in line)
    strip = lambda line: [word for word in shlex.split(line) if word not in (":", "&&")]
    return strip(compiled), strip(linked)


def build_mistaken(build, mistake, folder):
    text = (SOURCE / "plugins" / f"{mistake.plugin}.cpp").read_text(encoding="utf-8")
    if text.count(mistake.before) != 1:
        return f"{mistake.plugin} holds {text.count(mistake.before)} times, not once: {mistake.before}"
    source, library = folder / "mistaken.cpp", folder / "plugins" / f"{mistake.plugin}.so"
    source.write_text(text.replace(mistake.before, mistake.after), encoding="utf-8")
    library.parent.mkdir(parents=True)
    for command in commands_of(build, mistake.plugin):
        words = [str(source) if word == f"{SOURCE}/plugins/{mistake.plugin}.cpp" else
                 str(library) if word == f"plugins/{mistake.plugin}.so" else
                 str(folder / "mistaken.o") if word.endswith(f"/{mistake.plugin}.cpp.o") else
                 str(folder / "mistaken.d") if word.endswith(".cpp.o.d") else word for word in command]
        done = subprocess.run(words, cwd=build, capture_output=True, text=True)
        if done.returncode:
            return f"does not build:\n{done.stderr[-2000:]}"
    return ""


def judged(build, mistake):
    """The claims that are false now, or what went wrong."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if wrong := build_mistaken(build, mistake, folder):
            return [], wrong
        done = subprocess.run([build / "bin/tightrope", "run", f"papers/{mistake.paper}/{mistake.experiment}", "--layer",
                               "quick", "--plugin-path", folder / "plugins", "--out", folder / "out", "--format", "json"],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=folder)
        if not done.stdout:
            return [], f"exit code {done.returncode}: {done.stderr}"
        return [claim["that"] for claim in json.loads(done.stdout)["claims"] if not claim["holds"]], ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("papers", nargs="*")
    chosen = parser.parse_args()
    papers = {path.name for path in (SOURCE / "configs/papers").iterdir() if path.is_dir()} - {"grand"}
    lives = [f"{paper}: no mistake is made in its update rule"
             for paper in sorted(papers - {mistake.paper for mistake in MISTAKES})]
    for mistake in MISTAKES:
        if chosen.papers and mistake.paper not in chosen.papers:
            continue
        false, wrong = judged(chosen.build.resolve(), mistake)
        what = f"{mistake.paper}/{mistake.experiment}: {mistake.plugin}: '{mistake.before}' -> '{mistake.after}'"
        print(f"{what}: {wrong or f'{len(false)} claims false' if false or wrong else 'LIVES'}", flush=True)
        if not false:
            lives.append(what)
    if lives:
        sys.exit("\n".join(["Found by no claim:", *lives]))


if __name__ == "__main__":
    main()
