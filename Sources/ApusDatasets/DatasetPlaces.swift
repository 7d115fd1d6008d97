import ApusFiles

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where on this machine data sets are looked for.
package struct DatasetPlaces: Hashable, Sendable {
  /// The directory that `APUS_DATA` names.
  package var user: String?
  /// Where the system's packages put data sets.
  package var system = "/usr/share/datasets"
  /// Whether the system's places are those of this machine, and not of a test.
  var isUsual: Bool { system == "/usr/share/datasets" }
  /// Where those that were fetched are kept; nil when there is no home directory.
  package var cache: String?

  package init(user: String?, system: String = "/usr/share/datasets", cache: String?) {
    self.user = user
    self.system = system
    self.cache = cache
  }

  /// The places that the environment of this process names.
  package static var current: DatasetPlaces {
    let home = environment("HOME")?.appendingPath(".cache")
    // The XDG specification has relative paths ignored.
    let cache = environment("XDG_CACHE_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil } ?? home
    return DatasetPlaces(user: environment("APUS_DATA"), cache: cache?.appendingPath("apus"))
  }

  /// The value of an environment variable; nil also when it is empty.
  package static func environment(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(cString: value)
  }
}
