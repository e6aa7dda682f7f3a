#include "core/experiment/ranks.hpp"

#include <map>
#include <memory>

#include "core/experiment/component.hpp"
#include "core/tree/packed.hpp"

namespace tightrope {

using Json = nlohmann::json;

namespace {

std::string bytes_of(const Json& json) {
  std::string bytes;
  Json::to_cbor(json, bytes);
  return bytes;
}

Json received(Ranks& ranks, const Request& request) {
  std::string bytes;
  ranks.broadcast_text(bytes, request.size);
  return Json::from_cbor(bytes);
}

std::shared_ptr<const MeasurementOperator> made(const Json& json, const Catalog& catalog,
                                                const std::shared_ptr<const Team>& team) {
  const CellSpec cell = resolve_experiment(unpacked(json.at("spec")), catalog).cells.front();
  if (cell.key != json.at("key").get<std::string>())
    throw Error(Exit::plugin, "it has another program, plugin or data file than rank 0");
  const Shape shape{json.at("rows").get<Index>(), json.at("cols").get<Index>()};
  return make<MeasurementOperator>(cell.op, Context(shape, Stream(cell.seed_of("operator"), "problem/operator"), team));
}

}  // namespace

void begin_experiment(Ranks& ranks, const std::vector<std::filesystem::path>& plugin_folders) {
  Json folders = Json::array();
  for (const auto& folder : plugin_folders) folders.push_back(folder.string());
  ranks.tell({.kind = Request::begin}, bytes_of(folders));
}

void describe_operator(Ranks& ranks, const CellSpec& cell, Shape shape) {
  ranks.describe_next(
      bytes_of({{"spec", packed(cell.resolved)}, {"key", cell.key}, {"rows", shape.rows}, {"cols", shape.cols}}));
}

std::uint64_t end_experiments(Ranks& ranks, int exit_code) {
  ranks.ask({.kind = Request::end, .size = static_cast<std::uint64_t>(exit_code)});
  std::uint64_t total = ranks.sent();
  for (Index rank = 1; rank < ranks.count(); ++rank) {
    std::uint64_t sent = 0;
    ranks.receive(rank, &sent, sizeof sent);
    total += sent;
  }
  return total;
}

int serve(Ranks& ranks, unsigned threads) {
  const auto team = std::make_shared<const Team>(threads, ranks);
  std::unique_ptr<const Catalog> catalog;
  std::map<std::uint64_t, std::shared_ptr<const MeasurementOperator>> operators;
  while (true) {
    const Request request = ranks.next();
    switch (request.kind) {
      case Request::begin: {
        std::vector<std::filesystem::path> folders;
        for (const Json& folder : received(ranks, request)) folders.emplace_back(folder.get<std::string>());
        catalog = std::make_unique<const Catalog>(std::move(folders));
        break;
      }
      case Request::make:
        operators[request.shard] = made(received(ranks, request), *catalog, team);
        break;
      case Request::forget:
        operators.erase(request.shard);
        break;
      case Request::end: {
        const std::uint64_t sent = ranks.sent();
        ranks.send(0, &sent, sizeof sent);
        return static_cast<int>(request.size);
      }
      default:
        ranks.shard(request.shard).serve(request);
    }
  }
}

}  // namespace tightrope
