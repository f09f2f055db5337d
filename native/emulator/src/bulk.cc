#include "bulk.h"

#include <cstring>

#include "block.h"
#include "emulator/mbarrier.h"
#include "emulator/tma.h"

namespace levin::emulator {

namespace {

constexpr uint64_t kMagic = 0x6c6576696e746d61ull;
constexpr size_t kAlignment = 128;

const TensorMap& map_of(const CUtensorMap* map, int rank) {
  static_assert(sizeof(TensorMap) <= sizeof(CUtensorMap), "a map holds what the emulator needs");
  const TensorMap& encoded = *reinterpret_cast<const TensorMap*>(map);
  if (reinterpret_cast<uintptr_t>(map) % 64 != 0 || encoded.magic != kMagic) {
    fault("TMA with a tensor map at %p that cuTensorMapEncodeTiled has not made", static_cast<const void*>(map));
  }
  if (rank != 0 && encoded.rank != rank) {
    fault("TMA with %d coordinates for a tensor of %d dimensions", rank, encoded.rank);
  }
  return encoded;
}

uint32_t box_bytes(const TensorMap& map) {
  uint32_t bytes = map.element_bytes;
  for (int i = 0; i < map.rank; ++i) {
    bytes *= map.box[i];
  }
  return bytes;
}

void check_shared(const void* shared, size_t alignment) {
  if (!is_shared(shared) || shared_address(shared) % alignment != 0) {
    fault("bulk copy with %p, which is no multiple of %zu in shared memory", shared, alignment);
  }
}

char* swizzled(char* start, uint32_t offset, uint32_t bits) {
  uint32_t address = shared_address(start) + offset;
  uint32_t moved = address ^ ((address >> 7 & ((1u << bits) - 1)) << 4);
  return start + (static_cast<int64_t>(moved) - shared_address(start));
}

/* Calls move(global or null where the tensor has ended, shared, bytes) for all of the box, at most 16 bytes
   at once: those stay together under every swizzle. */
template <class Move>
void for_pieces(const BulkCopy& copy, Move move) {
  constexpr uint32_t kPiece = 16;
  if (copy.map.rank == 0) {
    for (uint32_t at = 0; at < copy.bytes; at += kPiece) {
      move(copy.global + at, copy.shared + at, kPiece);
    }
    return;
  }
  const TensorMap& map = copy.map;
  uint32_t row_bytes = uint32_t{map.box[0]} * map.element_bytes;
  uint32_t rows = box_bytes(map) / row_bytes;
  for (uint32_t row = 0; row < rows; ++row) {
    bool inside = true;
    char* global = map.address;
    uint32_t rest = row;
    for (int i = 1; i < map.rank; ++i) {
      int64_t at = int64_t{copy.coordinates[i]} + rest % map.box[i];
      rest /= map.box[i];
      inside = inside && at >= 0 && at < int64_t{map.dimensions[i]};
      global += at * static_cast<int64_t>(map.strides[i]);
    }
    int64_t first = int64_t{copy.coordinates[0]};
    for (uint32_t at = 0; at < row_bytes; at += kPiece) {
      char* shared = swizzled(copy.shared, row * row_bytes + at, map.swizzle_bits);
      int64_t column = first + at / map.element_bytes;
      int64_t end = column + kPiece / map.element_bytes;
      if (!inside || (column >= 0 && end <= int64_t{map.dimensions[0]})) {
        move(inside ? global + column * map.element_bytes : nullptr, shared, kPiece);
        continue;
      }
      for (; column < end; ++column, shared += map.element_bytes) {
        bool exists = column >= 0 && column < int64_t{map.dimensions[0]};
        move(exists ? global + column * map.element_bytes : nullptr, shared, map.element_bytes);
      }
    }
  }
}

void make_load(const BulkCopy& copy) {
  Block& block = *current_block();
  for_pieces(copy, [&](const char* global, char* shared, uint32_t bytes) {
    block.check_write(copy.thread, shared, bytes);
    if (global == nullptr) {
      std::memset(shared, copy.map.fill_byte, bytes);
    } else {
      block.check_read(copy.thread, global, bytes);
      std::memcpy(shared, global, bytes);
    }
  });
  mbarrier_complete(copy.barrier, copy.bytes);
}

void make_store(const BulkCopy& copy) {
  Block& block = *current_block();
  for_pieces(copy, [&](char* global, const char* shared, uint32_t bytes) {
    if (global != nullptr) {
      block.check_read(copy.thread, shared, bytes);
      block.check_write(copy.thread, global, bytes);
      std::memcpy(global, shared, bytes);
    }
  });
}

BulkCopy contiguous(void* global, void* shared, uint32_t bytes) {
  check_shared(shared, 16);
  if (reinterpret_cast<uintptr_t>(global) % 16 != 0 || bytes % 16 != 0) {
    fault("bulk copy of %u bytes at %p: both must be multiples of 16", bytes, global);
  }
  BulkCopy copy{};
  copy.global = static_cast<char*>(global);
  copy.shared = static_cast<char*>(shared);
  copy.bytes = bytes;
  copy.thread = current_block()->current();
  return copy;
}

BulkCopy tiled(int rank, const CUtensorMap* map, void* shared, const int32_t* coordinates) {
  BulkCopy copy{};
  copy.map = map_of(map, rank);
  check_shared(shared, kAlignment << copy.map.swizzle_bits);
  copy.shared = static_cast<char*>(shared);
  copy.bytes = box_bytes(copy.map);
  std::memcpy(copy.coordinates, coordinates, static_cast<size_t>(rank) * sizeof(int32_t));
  copy.thread = current_block()->current();
  return copy;
}

void start_load(BulkCopy copy, uint64_t* barrier) {
  copy.barrier = barrier;
  current_block()->check_write(copy.thread, copy.shared, copy.bytes);
  mark_in_flight(copy.shared, copy.bytes);
  current_block()->loads().push_back(copy);
}

void start_store(BulkCopy copy) {
  ThreadCopies& copies = current_block()->copies();
  copy.group = copies.open_store_group;
  copies.stores.push_back(copy);
}

}  // namespace

void check_tensor_map(const CUtensorMap* map) {
  map_of(map, 0);
}

void bulk_load(void* shared, const void* global, uint32_t bytes, uint64_t* barrier) {
  start_load(contiguous(const_cast<void*>(global), shared, bytes), barrier);
}

void bulk_store(void* global, const void* shared, uint32_t bytes) {
  start_store(contiguous(global, const_cast<void*>(shared), bytes));
}

void tma_load(int rank, void* shared, const CUtensorMap* map, uint64_t* barrier, const int32_t* coordinates) {
  start_load(tiled(rank, map, shared, coordinates), barrier);
}

void tma_store(int rank, const CUtensorMap* map, const void* shared, const int32_t* coordinates) {
  start_store(tiled(rank, map, const_cast<void*>(shared), coordinates));
}

void bulk_commit() {
  ++current_block()->copies().open_store_group;
}

void bulk_wait(int pending_groups) {
  finish_stores(pending_groups);
}

void finish_loads(uint64_t* barrier) {
  std::vector<BulkCopy>& loads = current_block()->loads();
  size_t kept = 0;
  for (size_t i = 0; i < loads.size(); ++i) {
    if (loads[i].barrier == barrier) {
      make_load(loads[i]);
    } else {
      loads[kept++] = loads[i];
    }
  }
  loads.resize(kept);
}

void finish_stores(int pending_groups) {
  ThreadCopies& copies = current_block()->copies();
  size_t done = 0;
  for (; done < copies.stores.size(); ++done) {
    const BulkCopy& copy = copies.stores[done];
    if (copy.group + static_cast<uint32_t>(pending_groups) >= copies.open_store_group) {
      break;
    }
    make_store(copy);
  }
  copies.stores.erase(copies.stores.begin(), copies.stores.begin() + static_cast<ptrdiff_t>(done));
}

}  // namespace levin::emulator

namespace {

constexpr uint8_t kElementBytes[] = {1, 2, 4, 4, 8, 8, 2, 4, 8, 2};

}  // namespace

extern "C" CUresult cuTensorMapEncodeTiled(
    CUtensorMap* map, CUtensorMapDataType type, cuuint32_t rank, void* address, const cuuint64_t* dimensions,
    const cuuint64_t* strides, const cuuint32_t* box, const cuuint32_t* element_strides,
    CUtensorMapInterleave interleave, CUtensorMapSwizzle swizzle, CUtensorMapL2promotion,
    CUtensorMapFloatOOBfill fill) {
  using levin::emulator::TensorMap;
  if (type > CU_TENSOR_MAP_DATA_TYPE_BFLOAT16 || rank < 1 || rank > levin::emulator::kMaxRank ||
      reinterpret_cast<uintptr_t>(address) % 16 != 0 || reinterpret_cast<uintptr_t>(map) % 64 != 0) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (interleave != CU_TENSOR_MAP_INTERLEAVE_NONE) {
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  TensorMap encoded{};
  encoded.magic = levin::emulator::kMagic;
  encoded.address = static_cast<char*>(address);
  encoded.rank = static_cast<uint8_t>(rank);
  encoded.element_bytes = kElementBytes[type];
  encoded.swizzle_bits = static_cast<uint8_t>(swizzle);
  encoded.fill_byte = fill == CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE ? 0 : 0xff;
  for (cuuint32_t i = 0; i < rank; ++i) {
    bool stride_fits = i == 0 || (strides[i - 1] % 16 == 0 && strides[i - 1] < uint64_t{1} << 40);
    if (dimensions[i] == 0 || dimensions[i] > UINT32_MAX || box[i] == 0 || box[i] > 256 || !stride_fits ||
        element_strides[i] == 0 || element_strides[i] > 8) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    if (element_strides[i] != 1) {
      return CUDA_ERROR_NOT_SUPPORTED;
    }
    encoded.dimensions[i] = static_cast<uint32_t>(dimensions[i]);
    encoded.box[i] = static_cast<uint16_t>(box[i]);
    encoded.strides[i] = i == 0 ? encoded.element_bytes : strides[i - 1];
  }
  uint32_t row_bytes = box[0] * encoded.element_bytes;
  if (row_bytes % 16 != 0 || (swizzle != CU_TENSOR_MAP_SWIZZLE_NONE && row_bytes > 16u << swizzle)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  *map = CUtensorMap{};
  *reinterpret_cast<TensorMap*>(map) = encoded;
  return CUDA_SUCCESS;
}
