#include "formats/biologic_mpr_columns.hpp"

#include <algorithm>
#include <array>

namespace lithoscope::echem {
namespace {

using enum MprStorage;

// Sorted by id. Sources: .mpr/.mpt pairs of EC-Lab 10.40 to 11.6x, galvani and yadg (facts only); where those two
// disagree on a name (id 211: mA.h or C) the paired text decides. 182 is the step time.
constexpr auto known_columns = std::to_array<MprColumnKind>({
    {1, "mode", flag, 0x03},
    {2, "ox/red", flag, 0x04},
    {3, "error", flag, 0x08},
    {4, "time/s", f8},
    {5, "control/V/mA", f4},
    {6, "Ewe/V", f4},
    {7, "dq/mA.h", f8},
    {8, "I/mA", f4},
    {9, "Ece/V", f4},
    {11, "<I>/mA", f8},
    {13, "(Q-Qo)/mA.h", f8},
    {15, "Phase(Z1)/deg", f4},
    {16, "Analog IN 1/V", f4},
    {17, "Analog IN 2/V", f4},
    {19, "control/V", f4},
    {20, "control/mA", f4},
    {21, "control changes", flag, 0x10},
    {23, "dQ/mA.h", f8},
    {24, "cycle number", f8},
    {26, "Rapp/Ohm", f4},
    {27, "Ewe-Ece/V", f4},
    {31, "Ns changes", flag, 0x20},
    {32, "freq/Hz", f4},
    {33, "|Ewe|/V", f4},
    {34, "|I|/A", f4},
    {35, "Phase(Z)/deg", f4},
    {36, "|Z|/Ohm", f4},
    {37, "Re(Z)/Ohm", f4},
    {38, "-Im(Z)/Ohm", f4},
    {39, "I Range", u2},
    {45, "|Z1|/Ohm", f4},
    {46, "|Z2|/Ohm", f4},
    {65, "counter inc.", flag, 0x80},
    {69, "R/Ohm", f4},
    {70, "P/W", f4},
    {74, "|Energy|/W.h", f8},
    {75, "Analog OUT/V", f4},
    {76, "<I>/mA", f4},
    {77, "<Ewe>/V", f4},
    {78, "Cs-2/µF-2", f4},
    {96, "|Ece|/V", f4},
    {98, "Phase(Zce)/deg", f4},
    {99, "|Zce|/Ohm", f4},
    {100, "Re(Zce)/Ohm", f4},
    {101, "-Im(Zce)/Ohm", f4},
    {105, "-Im(Z1)/Ohm", f4},
    {106, "-Im(Z2)/Ohm", f4},
    {110, "Energy ce/W.h", f8},
    {112, "Energy we/W.h", f8},
    {115, "Energy ce charge/W.h", f8},
    {116, "Energy ce discharge/W.h", f8},
    {123, "Energy charge/W.h", f8},
    {124, "Energy discharge/W.h", f8},
    {125, "Capacitance charge/µF", f8},
    {126, "Capacitance discharge/µF", f8},
    {131, "Ns", u2},
    {135, "<E1>/V", f4},
    {136, "<E2>/V", f4},
    {163, "|Estack|/V", f4},
    {166, "Phase(Zstack)/deg", f4},
    {167, "|Zstack|/Ohm", f4},
    {168, "Rcmp/Ohm", f4},
    {169, "Cs/µF", f4},
    {172, "Cp/µF", f4},
    {173, "Cp-2/µF-2", f4},
    {174, "<Ewe>/V", f4},  // a phase when 6 or 77 is present: see the reader
    {175, "|Zwe-ce|/Ohm", f4},
    {176, "Re(Zwe-ce)/Ohm", f4},
    {177, "-Im(Zwe-ce)/Ohm", f4},
    {178, "(Q-Qo)/C", f4},
    {179, "dQ/C", f4},
    {182, "step time/s", f8},
    {185, "<Ece>/V", f4},
    {206, "Temperature/°C", f4},
    {211, "Q charge/discharge/mA.h", f8},
    {212, "half cycle", u4},
    {213, "z cycle", u4},
    {215, "<Ece>/V", f4},
    {217, "THD Ewe/%", f4},
    {218, "THD I/%", f4},
    {219, "THD Ece/%", f4},
    {220, "NSD Ewe/%", f4},
    {221, "NSD I/%", f4},
    {222, "NSD Ece/%", f4},
    {223, "NSR Ewe/%", f4},
    {224, "NSR I/%", f4},
    {225, "NSR Ece/%", f4},
    {230, "|Ewe h2|/V", f4},
    {231, "|Ewe h3|/V", f4},
    {232, "|Ewe h4|/V", f4},
    {233, "|Ewe h5|/V", f4},
    {234, "|Ewe h6|/V", f4},
    {235, "|Ewe h7|/V", f4},
    {236, "|I h2|/A", f4},
    {237, "|I h3|/A", f4},
    {238, "|I h4|/A", f4},
    {239, "|I h5|/A", f4},
    {240, "|I h6|/A", f4},
    {241, "|I h7|/A", f4},
    {242, "|Ece h2|/V", f4},
    {243, "|Ece h3|/V", f4},
    {244, "|Ece h4|/V", f4},
    {245, "|Ece h5|/V", f4},
    {246, "|Ece h6|/V", f4},
    {247, "|Ece h7|/V", f4},
    {248, "Rac/Ohm", f4},
    {249, "Rdc/Ohm", f4},
    {253, "Acir/Dcir Control", u1},
    // Ids whose quantity is not that of id - 256.
    {271, "Phase(Z1)/deg", f4},
    {272, "Phase(Z2)/deg", f4},
    {301, "|Z1|/Ohm", f4},
    {302, "|Z2|/Ohm", f4},
    {331, "Re(Z1)/Ohm", f4},
    {332, "Re(Z2)/Ohm", f4},
    {361, "-Im(Z1)/Ohm", f4},
    {362, "-Im(Z2)/Ohm", f4},
    {391, "<E1>/V", f4},
    {392, "<E2>/V", f4},
    {422, "Phase(Zstack)/deg", f4},
    {423, "|Zstack|/Ohm", f4},
    {424, "Re(Zstack)/Ohm", f4},
    {425, "-Im(Zstack)/Ohm", f4},
    {426, "<Estack>/V", f4},
    {430, "Phase(Zwe-ce)/deg", f4},
    {498, "Q charge/mA.h", f8},
    {499, "Q discharge/mA.h", f8},
    {500, "step time/s", f8},
    {501, "Efficiency/%", f8},
    {502, "Capacity/mA.h", f8},
    {505, "Rdc/Ohm", f4},
    {509, "Acir/Dcir Control", u1},
});
static_assert(std::ranges::is_sorted(known_columns, {}, &MprColumnKind::id));

const MprColumnKind* find_exact(std::uint16_t id) {
  const auto it = std::ranges::lower_bound(known_columns, id, {}, &MprColumnKind::id);
  return it != known_columns.end() && it->id == id ? &*it : nullptr;
}

}  // namespace

const MprColumnKind* find_mpr_column(std::uint16_t id) {
  if (const MprColumnKind* exact = find_exact(id)) return exact;
  if (id < 256) return nullptr;
  return find_exact(static_cast<std::uint16_t>(id % 256));
}

}  // namespace lithoscope::echem
