// The problems of cells: what is equal is made once and shared.
#pragma once

#include <exception>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/objectives/counted_sensing.hpp"
#include "core/experiment/experiment.hpp"

namespace tightrope {

class SensingProblems {
 public:
  explicit SensingProblems(std::shared_ptr<const Team> team) : team_(std::move(team)) {}

  struct Shared {
    std::shared_ptr<const SensingProblem> problem;
    std::shared_ptr<SharedAdjoint> adjoint = std::make_shared<SharedAdjoint>();
    std::vector<Lane*> sharing;  // lanes that have asked for `adjoint`
  };

  Shared& of(const CellSpec& cell);
  /// With `warnings`, those of the target are added to them.
  std::shared_ptr<const Truth> truth(const CellSpec& cell, std::vector<std::string>* warnings = nullptr) const;
  /// What parts of a run are told of its problem.
  Context context(std::uint64_t seed, const SensingProblem& problem, const std::string& stream) const;
  /// What was done once for several lanes is divided among them.
  void charge_shared();

 private:
  struct Remembered {
    std::shared_ptr<const MeasurementOperator> op;
    std::vector<std::string> warnings;
    std::exception_ptr failure;
  };

  std::shared_ptr<const SensingProblem> make_problem(const CellSpec& cell);
  void make_noises(const CellSpec& cell, SensingProblem& problem) const;
  static void disturb(const CellSpec& cell, SensingProblem& problem);
  const Remembered& measurement_operator(const CellSpec& cell, Shape shape);

  std::shared_ptr<const Team> team_;
  std::map<std::string, Shared> problems_;
  std::map<std::string, Remembered> operators_;
};

}  // namespace tightrope
