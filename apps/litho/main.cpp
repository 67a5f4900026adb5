#include <fmt/format.h>
#include "lithoscope/echem/cycler_files.hpp"
#include "lithoscope/echem/gitt.hpp"
#include "lithoscope/core/errors.hpp"
using namespace lithoscope;
int main(int c, char**v){ for(int i=1;i<c;++i) try { auto f=io::InputFile::open(v[i]); auto t=echem::read_cycler_file(f);
 auto r=echem::analyse_gitt(t,{}, {}, {}, {});
 fmt::print("{} rows {} fmt {} tech '{}' started {} steps {} pulses {} proto {} ici {} cur {} mass {}\n",v[i],t.rows(),t.sources[0].format,t.sources[0].technique,t.sources[0].started,r.steps.size(),r.pulses.size(),int(r.protocol),r.interruptions.size(),describe(t.current_origin),t.sample.active_mass_kg.value_or(-1));
 for (auto&m:t.remarks) fmt::print("   {}\n",m);
} catch(const core::Error&e){ fmt::print("ERR {}\n",e.what()); } }
