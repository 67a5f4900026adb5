#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lithoscope/core/errors.hpp"
#include "lithoscope/tes/off_file.hpp"
#include "lithoscope/tes/pulse_file.hpp"
#include "lithoscope/tes/recognise.hpp"
#include "lithoscope/tes/side_files.hpp"

// Every file of a microcalorimeter run reads, to its last record, or is refused with UnreadableFile.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lithoscope;
  try {  // opening, too: bytes that begin like gzip are inflated
    const auto file = io::InputFile::from_bytes("fuzz_chan1.dat", {reinterpret_cast<const char*>(data), size});
    switch (tes::summarise_file(file).kind) {
      case tes::FileKind::pulses: {
        const tes::PulseFile pulses{file};
        std::vector<std::uint16_t> samples;
        for (std::int64_t i = 0; i < pulses.records(); ++i) {
          samples.resize(static_cast<std::size_t>(pulses.length(i)));
          pulses.samples(i, samples);
          pulses.presamples(i);
          pulses.stamp(i);
        }
        break;
      }
      case tes::FileKind::off: {
        const tes::OffFile off = tes::read_off_file(file);
        double sum = 0;
        for (std::int64_t i = 0; i < off.records(); ++i) sum += off.height(i) + off.phase(i);
        static volatile double sink = 0;
        sink = sum;
        break;
      }
      case tes::FileKind::triggers: {
        const tes::ExternalTriggers triggers = tes::read_external_triggers(file);
        tes::distance_to_triggers(triggers, triggers.subframes);
        break;
      }
      case tes::FileKind::states:
        tes::read_experiment_states(file).at(10476000000001);
        break;
      default:
        break;
    }
  } catch (const core::UnreadableFile&) {
  }
  return 0;
}
