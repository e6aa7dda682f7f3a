// What plugins throw while a run is going on: it ends that run, with the plugin's name in the reason.
#pragma once

#include <exception>
#include <new>
#include <string>

#include "core/base/error.hpp"
#include "core/base/process/asked.hpp"

namespace tightrope {

/// "optimizer 'x' failed: …"
class PluginFailure : public Error {
 public:
  PluginFailure(const std::string& who, const std::string& what) : Error(Exit::plugin, who + " failed: " + what) {}
};

/// Calls code of a plugin: its function `call`. Whatever it throws comes out as a PluginFailure that names `who`; one
/// that was named already stays as it is. Want of memory is nobody's fault, and neither are data that somebody damages
/// while they are used: both end the command, and the run goes on from its checkpoint the next time.
template <class Work>
auto attribute_errors_to(const std::string& who, const char* call, const Work& work) {
  const Asking asking(who, call);
  try {
    return work();
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const PluginFailure&) {
    throw;
  } catch (const Error& error) {
    if (error.code() == Exit::integrity) throw;
    throw PluginFailure(who, error.what());
  } catch (const std::exception& error) {
    throw PluginFailure(who, error.what());
  } catch (...) {
    throw PluginFailure(who, "it threw something that is no exception");
  }
}

}  // namespace tightrope
