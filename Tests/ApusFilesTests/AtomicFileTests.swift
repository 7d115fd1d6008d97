import ApusFiles
import ApusFilesTestSupport
import Foundation
import Testing

@Suite struct AtomicFileTests {
  @Test func writesAndReplaces() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/file"
      try AtomicFile.write([1, 2, 3], to: path)
      #expect(try File.read(path) == [1, 2, 3])
      try AtomicFile.write("shorter", to: path)
      #expect(try File.read(path) == Array("shorter".utf8))
      try AtomicFile.write([], to: path)
      #expect(try File.read(path) == [])
      #expect(try names(in: directory) == ["file"])
    }
  }

  @Test func keepsPermissionsAndLinks() throws {
    try withTemporaryDirectory { directory in
      let (path, link) = (directory + "/file", directory + "/link")
      try AtomicFile.write("one", to: path)
      #expect(chmod(path, 0o640) == 0)
      #expect(symlink("file", link) == 0)
      try AtomicFile.write("two", to: link)
      #expect(try File.read(path) == Array("two".utf8))
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      #expect(attributes[.posixPermissions] as? Int == 0o640)
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "file")
      #expect(try names(in: directory) == ["file", "link"])
    }
  }

  @Test func writesDevicesDirectly() throws {
    try AtomicFile.write("gone", to: "/dev/null")
    #expect(try File.read("/dev/null") == [])
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func reportsAFullDisk() throws {
    let error = try #require(throws: FileError.self) { try AtomicFile.write("x", to: "/dev/full") }
    #expect(error.description == "/dev/full: cannot write: No space left on device")
  }

  @Test func leavesNothingBehindWhenItFails() throws {
    try withTemporaryDirectory { directory in
      let missing = directory + "/missing/file"
      let error = try #require(throws: FileError.self) { try AtomicFile.write("x", to: missing) }
      #expect(error.description == "\(missing): cannot write: No such file or directory")
      #expect(error.isMissing)

      let full = directory + "/occupied"
      try File.createDirectory(full)
      let refusal = try #require(throws: FileError.self) { try AtomicFile.write("x", to: full) }
      #expect(refusal.description == "\(full): cannot write: Is a directory")
      #expect(try names(in: directory) == ["occupied"])
    }
  }

  @Test func readersSeeOldOrNewContents() async throws {
    let directory = FileManager.default.temporaryDirectory.path + "/apus-test-\(UUID().uuidString)"
    try File.createDirectory(directory)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let path = directory + "/file"
    let contents = [[UInt8](repeating: 1, count: 100_000), [UInt8](repeating: 2, count: 50_000)]
    try AtomicFile.write(contents[0], to: path)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { for turn in 0..<100 { try AtomicFile.write(contents[turn % 2], to: path) } }
      group.addTask {
        for _ in 0..<100 {
          let found = try File.read(path)
          #expect(contents.contains(found))
        }
      }
      try await group.waitForAll()
    }
  }
}

@Suite struct FileTests {
  @Test func limitsTheSize() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/file"
      try AtomicFile.write([UInt8](repeating: 7, count: 200_000), to: path)
      #expect(try File.read(path, maximumSize: 200_000).count == 200_000)
      let error = try #require(throws: FileError.self) { try File.read(path, maximumSize: 199_999) }
      #expect(error.description == "\(path): holds more than the 199999 bytes allowed here")
      #expect(error.kind == .tooLarge)
      #expect(try File.size(path) == 200_000)
      #expect(try File.readPrefix(path, count: 10).count == 10)
      #expect(try File.readPrefix(path, count: 300_000).count == 200_000)
    }
  }

  @Test func refusesSparseFilesBeyondMemory() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/sparse"
      try AtomicFile.write("x", to: path)
      // Not every file system allows so large a file.
      guard truncate(path, 1 << 43) == 0 else { return }
      let error = try #require(throws: FileError.self) { try File.read(path) }
      #expect(error.kind == .tooLarge)
    }
  }

  @Test func readsDevicesUpToTheLimit() throws {
    let error = try #require(throws: FileError.self) { try File.read("/dev/zero", maximumSize: 1 << 20) }
    #expect(error.kind == .tooLarge)
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self/status")))
  func readsFilesThatClaimToBeEmpty() throws {
    #expect(try File.read("/proc/self/status").isEmpty == false)
  }

  @Test func namesWhatIsMissing() throws {
    for (path, reason) in [
      ("/nonexistent/file", "No such file or directory"), ("", "No such file or directory"),
      ("/dev/null/file", "Not a directory"), ("/dev/null\0", "No such file or directory"),
    ] {
      let error = try #require(throws: FileError.self) { try File.read(path) }
      #expect(error.isMissing)
      #expect(error.description.hasSuffix("cannot open for reading: \(reason)"))
      #expect(isSingleLine(error.description))
    }
    let error = try #require(throws: FileError.self) { try File.read("/tmp") }
    #expect(error.description == "/tmp: cannot read: Is a directory")
  }

  @Test func makesDirectories() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/a/b//c/"
      try File.createDirectory(path)
      try File.createDirectory(path)
      #expect(File.isDirectory(path) && !File.exists(path))
      try AtomicFile.write("x", to: directory + "/file")
      #expect(File.exists(directory + "/file") && !File.isDirectory(directory + "/file"))
      let error = try #require(throws: FileError.self) { try File.createDirectory(directory + "/file/d") }
      #expect(error.description.contains("cannot make the directory"))
      try File.remove(directory + "/file")
      try File.remove(directory + "/file")
      #expect(try names(in: directory) == ["a"])
    }
  }

  @Test func messagesStayOnOneLine() {
    let error = FileError.malformed("evil\n\u{1B}[2Jname", at: 3, "tensor \("a\u{202E}\nb".quoted)")
    #expect(isSingleLine(error.description))
    #expect(!error.description.unicodeScalars.contains("\u{202E}"))
    #expect(error.description.hasSuffix("at byte 3: tensor \"a\\u{202E}\\nb\""))
    #expect(String(repeating: "x", count: 1000).quoted.count == 83)
    #expect("naïve".quoted == "\"naïve\"")
  }

  @Test(arguments: [
    ("a/b", "a"), ("a", "."), ("/a", "/"), ("/", "/"), ("", "."), ("a/b/", "a"), ("a//b", "a"), ("//a", "/"),
    ("/a/b/c", "/a/b"),
  ])
  func findsTheDirectory(path: String, directory: String) {
    #expect(path.directoryName == directory)
  }
}
