import ApusFiles
import ApusFilesTestSupport
import ApusFormats
import Foundation
import Testing

@Suite struct SafetensorsTests {
  /// A file with the given header text, and so many zero bytes after it.
  private static func file(_ header: String, buffer: Int = 0, size: UInt64? = nil) -> [UInt8] {
    let size = size ?? UInt64(header.utf8.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) } + Array(header.utf8)
      + [UInt8](repeating: 0, count: buffer)
  }

  @Test func readsWhatPythonWrites() throws {
    let file = try SafetensorsFile(bytes: bytes(hexadecimal: pythonSafetensors), path: "python.safetensors")
    #expect(file.metadata == ["format": "np", "note": "naïve \"quotes\"\n"])
    let types = file.entries.map { "\($0.name) \($0.type.rawValue) \($0.shape)" }.sorted()
    #expect(
      types == [
        "empty U8 [0, 4]", "half F16 [2]", "ids I16 [2]", "layers.0.bias F64 [2]", "layers.0.weight F32 [2, 3]",
        "mask BOOL [3]", "steps I64 []",
      ])
    func numbers<Number>(_ name: String, as type: Number.Type) throws -> [Number] {
      let bytes = Array(try file.bytes(of: name))
      return bytes.withUnsafeBytes { buffer in
        stride(from: 0, to: buffer.count, by: MemoryLayout<Number>.size).map {
          buffer.loadUnaligned(fromByteOffset: $0, as: type)
        }
      }
    }
    #expect(try numbers("layers.0.weight", as: Float.self) == [1.5, -2, 3.25, 0, .infinity, -1e-3])
    #expect(try numbers("layers.0.bias", as: Double.self) == [1e300, -0.1])
    #expect(try numbers("half", as: UInt16.self) == [0x3800, 0x7BFF])
    #expect(try numbers("steps", as: Int64.self) == [1 << 53 + 1])
    #expect(try numbers("ids", as: Int16.self) == [-1, 32767])
    #expect(try numbers("mask", as: UInt8.self) == [1, 0, 1])
    #expect(try file.bytes(of: "empty").isEmpty)
  }

  @Test func survivesTheRoundTrip() throws {
    let entries = SafetensorsFile.ElementType.allCases.enumerated().map { index, type in
      SafetensorsFile.NewEntry(
        name: "tensor \"\(index)\"", type: type, shape: [2, index],
        bytes: (0..<(2 * index * type.size)).map { UInt8(truncatingIfNeeded: $0 + index) })
    }
    let encoded = try SafetensorsFile.encode(entries, metadata: ["b": "2", "a": "1\u{0}é"])
    #expect(encoded == (try SafetensorsFile.encode(entries, metadata: ["a": "1\u{0}é", "b": "2"])))
    let file = try SafetensorsFile(bytes: encoded, path: "file")
    #expect(file.metadata == ["b": "2", "a": "1\u{0}é"])
    #expect(file.entries.map(\.name) == entries.map(\.name))
    for entry in entries {
      let found = try #require(file[entry.name])
      #expect(found.type == entry.type && found.shape == entry.shape)
      #expect(Array(try file.bytes(of: entry.name)) == entry.bytes)
    }
    #expect(try SafetensorsFile(bytes: SafetensorsFile.encode([]), path: "empty").entries.isEmpty)
  }

  @Test func writesTheHeaderInEights() throws {
    for length in 1...16 {
      let name = String(repeating: "n", count: length)
      let encoded = try SafetensorsFile.encode([.init(name: name, type: .uint8, shape: [1], bytes: [255])])
      #expect(encoded.count % 8 == 1 && encoded.last == 255 && encoded[8] == UInt8(ascii: "{"))
    }
    let encoded = try SafetensorsFile.encode(
      [.init(name: "w", type: .float32, shape: [1], bytes: [1, 2, 3, 4])], metadata: ["k": "v"])
    let header = #"{"__metadata__":{"k":"v"},"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
    #expect(String(decoding: encoded.dropFirst(8).dropLast(4), as: UTF8.self) == header + " ")
  }

  @Test func refusesToWriteWhatCannotBeRead() throws {
    let good = SafetensorsFile.NewEntry(name: "w", type: .float32, shape: [1], bytes: [1, 2, 3, 4])
    for bad in [
      [good, good], [.init(name: "__metadata__", type: .uint8, shape: [0], bytes: [])],
      [.init(name: "w", type: .float32, shape: [2], bytes: [1, 2, 3, 4])],
      [.init(name: "w", type: .uint8, shape: [-1, -1], bytes: [1])],
      [.init(name: "w", type: .uint8, shape: [.max, .max, 0], bytes: [])],
    ] {
      let error = try #require(throws: SafetensorsFile.EncodingError.self) { try SafetensorsFile.encode(bad) }
      #expect(isSingleLine(error.description))
    }
  }

  @Test func readsFilesAndNamesThem() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/model.safetensors"
      let entry = SafetensorsFile.NewEntry(name: "layers.0.weight", type: .uint8, shape: [3], bytes: [1, 2, 3])
      try AtomicFile.write(try SafetensorsFile.encode([entry]), to: path)
      let file = try SafetensorsFile(contentsOf: path)
      #expect(Array(try file.bytes(of: "layers.0.weight")) == [1, 2, 3])
      let error = try #require(throws: FileError.self) { try file.bytes(of: "layer.0.weight") }
      #expect(
        error.description == "\(path): has no tensor \"layer.0.weight\"; did you mean \"layers.0.weight\"?")
      let other = try #require(throws: FileError.self) { try file.bytes(of: "x") }
      #expect(other.description == "\(path): has no tensor \"x\"")

      try AtomicFile.write([UInt8](repeating: 0xFF, count: 100), to: path)
      #expect(throws: FileError.self) { try SafetensorsFile(contentsOf: path) }
      try AtomicFile.write([], to: path)
      #expect(throws: FileError.self) { try SafetensorsFile(contentsOf: path) }
      #expect(throws: FileError.self) { try SafetensorsFile(contentsOf: directory) }
    }
  }

  private static let w = #""w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#

  @Test(
    arguments: [
      ([], "0 bytes, expected at least 8"),
      ([1, 0, 0], "3 bytes, expected at least 8"),
      (file("", size: 0), "a safetensors header of 0 bytes"),
      (file("{", size: 1), "a safetensors header of 1 bytes"),
      (file("{}", size: 3), "header of 3 bytes, but only 2 follow"),
      (file("{}", size: .max), "at most 100 MB"),
      (file("{}", size: 100_000_001), "at most 100 MB"),
      (file("{}", size: 1 << 63), "at most 100 MB"),
      (file("[]"), "does not begin with \"{\""),
      (file(" {}"), "does not begin with \"{\""),
      (file("{}{}"), "at byte 10: safetensors header, line 1, column 3: expected the end"),
      (file("{\(w)", buffer: 8), "safetensors header, line 1"),
      (file("{\(w),\(w)}", buffer: 8), "the key \"w\" occurs twice"),
      (file(#"{"__metadata__":1}"#), "__metadata__ is not an object"),
      (file(#"{"__metadata__":{"a":1}}"#), "the value of \"a\" is not a string"),
      (file(#"{"__metadata__":{"a":"1","a":"1"}}"#), "the key \"a\" occurs twice"),
      (file(#"{"w":1}"#), "tensor \"w\": expected an object"),
      (file(#"{"w":{"shape":[0],"data_offsets":[0,0]}}"#), "dtype is missing"),
      (file(#"{"w":{"dtype":"F33","shape":[0],"data_offsets":[0,0]}}"#), "unsupported dtype \"F33\""),
      (file(#"{"w":{"dtype":"U8","data_offsets":[0,0]}}"#), "shape is not a list"),
      (file(#"{"w":{"dtype":"U8","shape":[-1],"data_offsets":[0,0]}}"#), "shape is not a list"),
      (file(#"{"w":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}"#, buffer: 1), "shape is not a list"),
      (file(#"{"w":{"dtype":"U8","shape":["1"],"data_offsets":[0,1]}}"#, buffer: 1), "shape is not a list"),
      (file(#"{"w":{"dtype":"U8","shape":[0]}}"#), "data_offsets is not a pair"),
      (file(#"{"w":{"dtype":"U8","shape":[0],"data_offsets":[0]}}"#), "data_offsets is not a pair"),
      (file(#"{"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0,0]}}"#), "data_offsets is not a pair"),
      (file(#"{"w":{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}}"#), "data_offsets is not a pair"),
      (file(#"{"w":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}"#, buffer: 1), "run backwards"),
      (file(#"{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,18446744073709551616]}}"#), "not a pair"),
      (
        file(#"{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,9223372036854775807]}}"#),
        "span 9223372036854775807 bytes"
      ),
      (file(#"{"w":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}}"#), "impossibly large"),
      (file(#"{"w":{"dtype":"U8","shape":[4294967296,4294967296,0],"data_offsets":[0,0]}}"#), "impossibly large"),
      (file(#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, buffer: 4), "needs 8"),
      (file(#"{"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1}}"#), "unknown field \"x\""),
      (file("{\(w)}", buffer: 7), "cut short: the tensors need 8 bytes after the header, found 7"),
      (file("{\(w)}", buffer: 9), "1 bytes after the last tensor belong to none"),
      (file("{}", buffer: 1), "belong to none"),
      (file(#"{\#(w),"v":{"dtype":"U8","shape":[1],"data_offsets":[9,10]}}"#, buffer: 10), "leaves a hole"),
      (file(#"{\#(w),"v":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}"#, buffer: 8), "overlaps"),
      (file(#"{\#(w),"v":{"dtype":"U8","shape":[2],"data_offsets":[7,9]}}"#, buffer: 9), "overlaps"),
      (file(#"{"w":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#, buffer: 2), "leaves a hole"),
      (file(#"{"w":[[[[[[[[[[]]]]]]]]]]}"#), "nested more than 8 levels"),
    ] as [([UInt8], String)])
  func refuses(bytes: [UInt8], reason: String) throws {
    let error = try #require(throws: FileError.self) { try SafetensorsFile(bytes: bytes, path: "bad.safetensors") }
    #expect(error.description.hasPrefix("bad.safetensors: "))
    #expect(error.description.contains(reason), "\(error)")
    #expect(isSingleLine(error.description))
  }

  @Test func acceptsEmptyTensorsAnywhereAndTrailingSpace() throws {
    let header =
      #"{"c":{"dtype":"U8","shape":[0],"data_offsets":[2,2]},"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},"#
      + #""a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"e":{"dtype":"F64","shape":[3,0],"data_offsets":[0,0]}}   "#
    let file = try SafetensorsFile(bytes: Self.file(header, buffer: 2), path: "file")
    #expect(file.entries.map(\.name) == ["c", "b", "a", "e"])
  }

  @Test func neverCrashesOnDamagedBytes() throws {
    var generator = SystemRandomNumberGenerator()
    let original = bytes(hexadecimal: pythonSafetensors)
    for turn in 0..<10_000 {
      var damaged = original
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let place = Int.random(in: 0..<damaged.count, using: &generator)
        damaged[place] =
          turn % 2 == 0 ? UInt8.random(in: 0...255, using: &generator) : damaged[place] ^ 1 << (turn / 2 % 8)
      }
      if turn % 4 == 0 { damaged.removeLast(Int.random(in: 0...damaged.count, using: &generator)) }
      do throws(FileError) {
        let file = try SafetensorsFile(bytes: damaged, path: "file")
        for entry in file.entries { #expect(try file.bytes(of: entry.name).count == entry.byteRange.count) }
      } catch {
        #expect(isSingleLine(error.description))
      }
    }
  }
}
