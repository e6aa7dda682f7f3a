// Every type that plugins and core hand to each other, for those who compare interfaces (tests/abi/abi.py).
#include "core/plugin/plugin.hpp"

using namespace tightrope;

template <class... Types>
struct All {};

extern "C" void plugin_interface(const Manifest&, Maker&, Parameters&, Parameter&, const Node&, const Context&,
                                 const Truth&, Stream&, const Team&, const MeasurementOperator&, const DenseOperator&,
                                 const EntryOperator&, const Target&, const Noise&, const Loss&,
                                 const FactorizationModel&, const Problem&, const Initialization&, const Perturbation&,
                                 const Projection&, const Optimizer&, const DirectionOptimizer&, const StepSize&,
                                 const Observer&, Objective&, Sensing&, Memory&, const Space&, const Iterate&,
                                 const Snapshot&, const Move&, const Factors&, const LowRank&, const Column&,
                                 const Unsuitable&) {}
