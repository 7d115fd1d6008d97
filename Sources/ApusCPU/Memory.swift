#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Elements at the beginning of a cache line; large ones on huge pages.
final class Memory<Element: BitwiseCopyable> {
  let start: UnsafeMutablePointer<Element>

  init(repeating value: Element, count: Int) {
    start = Self.allocate(count)
    start.initialize(repeating: value, count: count)
  }

  convenience init(_ elements: [Element]) { self.init(elements) { $0 } }

  /// What `convert` makes of each element.
  init<Source>(_ elements: [Source], _ convert: (Source) -> Element) {
    let start = Self.allocate(elements.count)
    for (place, element) in elements.enumerated() { (start + place).initialize(to: convert(element)) }
    self.start = start
  }

  private static func allocate(_ count: Int) -> UnsafeMutablePointer<Element> {
    let bytes = max(1, count) * MemoryLayout<Element>.stride
    let hugePage = 2 << 20
    let isLarge = bytes >= 2 * hugePage
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: isLarge ? hugePage : 64)
    #if os(Linux)
      if isLarge { madvise(memory, bytes, MADV_HUGEPAGE) }
    #endif
    return memory.bindMemory(to: Element.self, capacity: count)
  }

  deinit { UnsafeMutableRawPointer(start).deallocate() }
}
