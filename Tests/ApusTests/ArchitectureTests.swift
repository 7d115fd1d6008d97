import Testing

/// The rooms keep to themselves: what ARCHITECTURE.md says about imports, pointers and sizes.
@Suite struct ArchitectureTests {
  /// What each room may import of the package. A room that is not here fails, until somebody decides what it may see.
  private static let rooms: [String: Set<String>] = [
    "CApusKernels": [],
    "ApusCore": [],
    "ApusGradients": ["ApusCore"],
    "ApusCompiler": ["ApusCore"],
    "ApusRuntime": ["ApusCore"],
    "ApusReference": ["ApusRuntime", "ApusCore"],
    "ApusCPU": ["ApusRuntime", "ApusCompiler", "ApusCore", "CApusKernels"],
    "ApusTensor": ["ApusRuntime", "ApusGradients", "ApusCore"],
    "ApusNN": ["ApusTensor"],
    "ApusOptim": ["ApusNN", "ApusTensor"],
    "ApusFiles": [],
    "ApusData": ["ApusTensor", "ApusFiles"],
    "ApusFormats": ["ApusTensor", "ApusFiles"],
    "ApusTraining": ["ApusNN", "ApusOptim", "ApusData", "ApusFormats", "ApusFiles", "ApusTensor", "ApusDrawing"],
    "ApusModels": ["ApusNN", "ApusOptim", "ApusTraining", "ApusTensor"],
    "Apus": [
      "ApusCore", "ApusTensor", "ApusCPU", "ApusNN", "ApusOptim", "ApusFiles", "ApusData", "ApusFormats",
      "ApusTraining", "ApusModels", "ApusRL",
    ],
    "ApusRL": ["ApusNN", "ApusOptim", "ApusTensor", "ApusCPU", "ApusData", "ApusFiles"],
    "CClp": [],
    "ApusLinearPrograms": ["ApusRL", "CClp"],
    "ApusDrawing": [], "CRsvg": [],
    "ApusRasterizer": ["CRsvg"],
    "CZlib": [], "CPNG": [], "CJPEG": [], "CCurl": [], "CCrypto": [],
    "ApusCompression": ["ApusFiles", "CZlib"],
    "ApusImages": ["ApusFiles", "CPNG", "CJPEG"],
    "ApusDownloads": ["ApusFiles", "CCurl", "CCrypto"],
    "CUtf8proc": [],
    "ApusTokenizers": ["ApusFiles", "CUtf8proc"],
    "ApusLanguage": ["ApusModels", "ApusTokenizers", "ApusNN", "ApusTensor", "ApusFormats", "ApusFiles"],
    "CApusLinearAlgebra": [],
    "ApusLinearAlgebra": ["ApusTensor", "CApusLinearAlgebra"],
    "ApusEmbeddings": ["ApusTensor", "ApusData", "ApusFiles", "ApusCPU", "ApusLinearAlgebra"],
    "ApusDatasets": ["ApusData", "ApusTensor", "ApusFiles", "ApusCompression", "ApusDownloads", "ApusImages"],
    // The command shows everything.
    "ApusCommand": [
      "Apus", "ApusCPU", "ApusTensor", "ApusNN", "ApusOptim", "ApusFiles", "ApusData", "ApusFormats", "ApusTraining",
      "ApusModels", "ApusDatasets", "ApusDownloads", "ApusImages", "ApusCompression", "ApusDrawing", "ApusRasterizer",
      "ApusLanguage", "ApusTokenizers", "ApusEmbeddings", "ApusLinearAlgebra", "ApusLinearPrograms", "ApusRL",
    ],
  ]

  /// Rooms of the core, which need nothing but the toolchain.
  private static let core: Set<String> = [
    "ApusCore", "ApusGradients", "ApusCompiler", "ApusRuntime", "ApusReference", "ApusCPU", "ApusTensor", "ApusNN",
    "ApusOptim",
  ]

  /// Modules of the toolchain and the system.
  private static let system: Set<String> = ["Synchronization", "Darwin", "Glibc", "Musl"]

  /// Rooms that are about memory: the runtime and the backends, and those that talk to a C library or to the system.
  private static let holdingPointers: Set<String> = [
    "ApusRuntime", "ApusReference", "ApusCPU", "ApusFiles", "ApusCompression", "ApusImages", "ApusDownloads",
    "ApusLinearAlgebra", "ApusCommand", "ApusRasterizer", "ApusTokenizers",
  ]

  /// Files elsewhere that see memory, each for a reason.
  private static let holdingPointersAsWell: [String: String] = [
    "Sources/ApusCore/Custom.swift": "hands memory to kernels from outside",
    "Sources/ApusTensor/CustomOperation.swift": "hands memory to kernels from outside",
    "Sources/ApusTensor/RowRange.swift": "looks at indices while a program runs",
    "Sources/ApusTensor/Tensor+Array.swift": "copies elements from Swift arrays and back",
    "Sources/ApusFormats/SafetensorsFile+Writing.swift": "writes arrays to a file",
  ]

  private struct Source {
    let path: String
    let room: String
    let lines: [Substring]
  }

  private static func sources(_ endings: [String] = [".swift"]) throws -> [Source] {
    try SourceTree.files(in: "Sources").filter { path in endings.contains { path.hasSuffix($0) } }.map { path in
      Source(
        path: path, room: String(path.split(separator: "/")[1]),
        lines: try SourceTree.text(path).split(separator: "\n", omittingEmptySubsequences: false))
    }
  }

  /// The module that a line imports.
  private static func imported(_ line: Substring) -> String? {
    var words = line.split { $0 == " " || $0 == "\t" }
    while let first = words.first, first.hasPrefix("@") || ["public", "package", "internal", "private"].contains(first)
    {
      words.removeFirst()
    }
    guard words.first == "import", words.count > 1 else { return nil }
    let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "typealias", "var", "let", "actor"]
    let name = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
    return name.split(separator: ".").first.map(String.init)
  }

  @Test func roomsImportWhatTheyMay() throws {
    let known = Set(ArchitectureTests.rooms.keys)
    for source in try ArchitectureTests.sources() {
      let allowed = try #require(ArchitectureTests.rooms[source.room], "\(source.room) is not in the table of rooms")
      for line in source.lines {
        guard let module = ArchitectureTests.imported(line) else { continue }
        if known.contains(module) {
          #expect(allowed.contains(module), "\(source.path) imports \(module)")
        } else if ArchitectureTests.core.contains(source.room) {
          #expect(ArchitectureTests.system.contains(module), "\(source.path) imports \(module)")
        }
      }
    }
  }

  @Test func roomsExist() throws {
    let found = Set(try SourceTree.files(in: "Sources").map { String($0.split(separator: "/")[1]) })
    for room in found { #expect(ArchitectureTests.rooms[room] != nil, "\(room) is not in the table of rooms") }
    let table = try SourceTree.text("ARCHITECTURE.md")
    for room in found where room.hasPrefix("Apus") {
      #expect(table.contains("`\(room)`"), "ARCHITECTURE.md says nothing about \(room)")
    }
  }

  /// No two rooms import each other, however far around.
  @Test func roomsFormNoCircle() {
    func reaches(_ room: String, _ goal: String, _ seen: inout Set<String>) -> Bool {
      for next in ArchitectureTests.rooms[room] ?? [] where seen.insert(next).inserted {
        if next == goal || reaches(next, goal, &seen) { return true }
      }
      return false
    }
    for room in ArchitectureTests.rooms.keys {
      var seen: Set<String> = []
      #expect(!reaches(room, room, &seen), "\(room) imports itself")
    }
  }

  @Test func onlyTheCPUSeesTheKernels() throws {
    for source in try ArchitectureTests.sources() where source.room != "ApusCPU" {
      #expect(!source.lines.contains { ArchitectureTests.imported($0) == "CApusKernels" }, "\(source.path)")
    }
  }

  @Test func theCoreImportsNoFoundation() throws {
    for source in try ArchitectureTests.sources() where ArchitectureTests.core.contains(source.room) {
      let modules = source.lines.compactMap { ArchitectureTests.imported($0) }
      #expect(!modules.contains { $0.hasPrefix("Foundation") || $0 == "Dispatch" }, "\(source.path)")
    }
  }

  /// Flags and features that would keep others from building the package, or tie it to one compiler.
  @Test func nothingUnofficialIsUsed() throws {
    let manifest = try SourceTree.text("Package.swift")
    #expect(!manifest.contains("unsafeFlags"))
    let words = ["import _Differentiation", "@_spi", "@_cdecl", "@_silgen_name", "@_implementationOnly", "-Xfrontend"]
    for source in try ArchitectureTests.sources() {
      for word in words {
        #expect(!source.lines.contains { $0.contains(word) }, "\(source.path) uses \(word)")
      }
    }
  }

  @Test func pointersStayInTheirRooms() throws {
    for source in try ArchitectureTests.sources() where !ArchitectureTests.holdingPointers.contains(source.room) {
      let line = source.lines.first { line in
        let code = line.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)[0]
        return code.contains("Unsafe") && code.contains("Pointer") || code.contains("withUnsafe")
      }
      guard let line else { continue }
      #expect(
        ArchitectureTests.holdingPointersAsWell[source.path] != nil, "\(source.path) holds a pointer: \(line)")
    }
    for path in ArchitectureTests.holdingPointersAsWell.keys {
      #expect(SourceTree.exists(path), "the exception for \(path) is not needed: it is gone")
    }
  }

  @Test func filesAreShort() throws {
    let endings = [".swift", ".c", ".h", ".inc"]
    for folder in ["Sources", "Tests"] {
      for path in try SourceTree.files(in: folder) where endings.contains(where: path.hasSuffix) {
        let count = try SourceTree.text(path).split(separator: "\n", omittingEmptySubsequences: false).count - 1
        #expect(count <= 450, "\(path) has \(count) lines: split it by topic")
      }
    }
  }
}
