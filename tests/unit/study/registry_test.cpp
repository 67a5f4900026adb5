#include <doctest/doctest.h>

#include "lithoscope/study/registry.hpp"
#include "toy_probe.hpp"

using namespace lithoscope;

TEST_CASE("the table of probes is sound") {
  const auto faults = study::faults_of(study::registry());
  for (const std::string& fault : faults) MESSAGE(fault);
  CHECK(faults.empty());
  study::Registry twice = toy::probes();
  twice.push_back(twice[0]);
  CHECK_FALSE(study::faults_of(twice).empty());
}
