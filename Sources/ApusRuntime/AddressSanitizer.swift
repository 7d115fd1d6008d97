#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What the address sanitizer cannot know by itself: which parts of a pooled block nobody asked for. Without the
/// sanitizer (`make sanitize`) its functions are not there, and nothing happens.
enum AddressSanitizer {
  private typealias Mark = @convention(c) (UnsafeRawPointer, Int) -> Void
  private static let poison = function("__asan_poison_memory_region")
  private static let unpoison = function("__asan_unpoison_memory_region")

  /// Lets the first `byteCount` bytes of a block be touched, and none after them.
  static func admit(_ byteCount: Int, of allocation: Allocation) {
    guard let poison, let unpoison else { return }
    unpoison(allocation.pointer, allocation.capacity)
    poison(allocation.pointer + byteCount, allocation.capacity - byteCount)
  }

  private static func function(_ name: String) -> Mark? {
    dlsym(dlopen(nil, RTLD_NOW), name).map { unsafeBitCast($0, to: Mark.self) }
  }
}
