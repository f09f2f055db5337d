#include "symbols.h"

#include <cxxabi.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace levin::emulator {

namespace {

/* Storage that a thread touches, so that the loader gives it that of the library; volatile, or nothing is touched. */
thread_local volatile char anchor[16];

struct Module {
  uintptr_t load_address = 0;
  uintptr_t start = 0;
  uintptr_t end = 0;
  size_t thread_local_bytes = 0;
  char* thread_local_base = nullptr;
  std::string path;
};

int visit(dl_phdr_info* info, size_t, void* result) {
  Module found;
  found.load_address = info->dlpi_addr;
  found.start = UINTPTR_MAX;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = info->dlpi_phdr[i];
    uintptr_t start = info->dlpi_addr + header.p_vaddr;
    if (header.p_type == PT_LOAD) {
      found.start = std::min(found.start, start);
      found.end = std::max(found.end, start + header.p_memsz);
    } else if (header.p_type == PT_TLS) {
      found.thread_local_bytes = header.p_memsz;
      found.thread_local_base = static_cast<char*>(info->dlpi_tls_data);
    }
  }
  uintptr_t self = reinterpret_cast<uintptr_t>(&visit);
  if (self < found.start || self >= found.end) {
    return 0;
  }
  found.path = info->dlpi_name != nullptr && *info->dlpi_name ? info->dlpi_name : "/proc/self/exe";
  *static_cast<Module*>(result) = found;
  return 1;
}

Module own_module() {
  anchor[0] = 1;
  Module module;
  dl_iterate_phdr(visit, &module);
  return module;
}

}  // namespace

std::string demangled(const std::string& name) {
  int status = 0;
  char* text = abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status);
  std::string result = status == 0 ? text : name;
  std::free(text);
  return result;
}

const Symbols& Symbols::own() {
  static const Symbols symbols;
  return symbols;
}

Symbols::Symbols() {
  Module module = own_module();
  load_address_ = module.load_address;
  image_start_ = module.start;
  image_bytes_ = module.end - module.start;
  thread_local_bytes_ = module.thread_local_bytes;
  owners_.assign(thread_local_bytes_ / 4 + 2, 0);
  read_table(module.path.c_str());
  if (functions_.empty()) {
    shared_.push_back({0, thread_local_bytes_, "shared memory"});
    std::fill(owners_.begin(), owners_.end(), uint16_t{1});
  }
}

void Symbols::read_table(const char* path) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return;
  }
  struct stat status;
  size_t bytes = fstat(file, &status) == 0 ? static_cast<size_t>(status.st_size) : 0;
  void* mapped = bytes < sizeof(ElfW(Ehdr))
                     ? MAP_FAILED
                     : mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, file, 0);
  close(file);
  if (mapped == MAP_FAILED) {
    return;
  }
  const char* base = static_cast<const char*>(mapped);
  const ElfW(Ehdr)* header = reinterpret_cast<const ElfW(Ehdr)*>(base);
  size_t sections_end = header->e_shoff + size_t{header->e_shnum} * sizeof(ElfW(Shdr));
  const ElfW(Shdr)* sections = reinterpret_cast<const ElfW(Shdr)*>(base + header->e_shoff);
  for (int i = 0; sections_end <= bytes && i < header->e_shnum; ++i) {
    const ElfW(Shdr)& table = sections[i];
    if (table.sh_type != SHT_SYMTAB || table.sh_link >= header->e_shnum) {
      continue;
    }
    const ElfW(Shdr)& names = sections[table.sh_link];
    if (table.sh_offset + table.sh_size > bytes || names.sh_offset + names.sh_size > bytes) {
      continue;
    }
    const ElfW(Sym)* symbols = reinterpret_cast<const ElfW(Sym)*>(base + table.sh_offset);
    for (size_t s = 0; s < table.sh_size / sizeof(ElfW(Sym)); ++s) {
      const ElfW(Sym)& symbol = symbols[s];
      int type = ELF64_ST_TYPE(symbol.st_info);
      if (symbol.st_shndx == SHN_UNDEF || symbol.st_size == 0 || symbol.st_name >= names.sh_size) {
        continue;
      }
      Symbol entry{symbol.st_value, symbol.st_size, base + names.sh_offset + symbol.st_name};
      if (type == STT_FUNC) {
        functions_.push_back(std::move(entry));
      } else if (type == STT_TLS && shared_.size() < UINT16_MAX - 1) {
        shared_.push_back(std::move(entry));
      }
    }
  }
  munmap(mapped, bytes);

  std::sort(functions_.begin(), functions_.end(),
            [](const Symbol& a, const Symbol& b) { return a.start < b.start; });
  for (size_t v = 0; v < shared_.size(); ++v) {
    const Symbol& variable = shared_[v];
    for (uint64_t at = variable.start; at < variable.start + variable.bytes; at = (at & ~3ull) + 4) {
      if (at / 4 < owners_.size()) {
        owners_[at / 4] = static_cast<uint16_t>(v + 1);
      }
    }
  }
}

std::string Symbols::function_at(const void* address) const {
  uint64_t offset = reinterpret_cast<uintptr_t>(address) - load_address_;
  auto after = std::upper_bound(functions_.begin(), functions_.end(), offset,
                                [](uint64_t value, const Symbol& s) { return value < s.start; });
  if (after == functions_.begin() || offset >= (after - 1)->start + (after - 1)->bytes) {
    char text[32];
    snprintf(text, sizeof text, "at %p", address);
    return text;
  }
  return demangled((after - 1)->name);
}

char* Symbols::thread_local_base() const {
  return own_module().thread_local_base;
}

}  // namespace levin::emulator
