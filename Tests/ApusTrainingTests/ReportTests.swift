import Apus
import Foundation
import Testing

/// The page of a run.
@Suite struct ReportTests {
  private static func makeReport() -> TrainingReport {
    var confusion = ConfusionMatrix(classes: 3)
    // 3 and 1 of class 0, 2 of class 1, none of class 2.
    confusion.add(Tensor([0, 0, 0, 1, 1, 1]), Tensor([0, 0, 0, 0, 1, 1]))
    var measurements: [RunMeasurement] = []
    for step in 1...40 {
      measurements.append(RunMeasurement(step: step, epoch: 1, split: "train", name: "loss", value: 1 / Double(step)))
    }
    for (name, value) in [("epoch_loss", 0.3), ("accuracy", 0.8)] {
      measurements.append(RunMeasurement(step: 40, epoch: 1, split: "train", name: name, value: value))
    }
    measurements.append(RunMeasurement(step: 40, epoch: 1, split: "test", name: "accuracy", value: 0.7))
    return TrainingReport(
      title: "a <net> & \"data\"", lead: "well", measurements: measurements, confusion: confusion,
      classNames: ["cat", "dog", "<b>"],
      samples: [.init(png: [0, 1, 2, 3], width: 2, height: 2, caption: "cat 90 %, not dog", isRight: false)],
      facts: [("seed", "7")])
  }

  /// What it shows is there, once for each drawing, and markup in names is text.
  @Test func thePageHoldsWhatWasMeasured() throws {
    let page = Self.makeReport().html
    #expect(page.hasPrefix("<!DOCTYPE html>") && page.contains("width=device-width"))
    #expect(page.contains("<h1>a &lt;net&gt; &amp; &quot;data&quot;</h1>") && !page.contains("<b>"))
    // Loss, accuracy and the matrix.
    #expect(page.components(separatedBy: "<svg ").count - 1 == 3)
    // Of class 0, 3 of 4 are found and all that are taken for it are it: F1 = 6 / 7.
    #expect(page.contains("<tr><td>cat</td><td>100.0 %</td><td>75.0 %</td><td>85.7 %</td><td>4</td></tr>"))
    #expect(page.contains("src=\"data:image/png;base64,AAECAw==\"") && page.contains("class=\"wrong\""))
    #expect(page.contains("<td>seed</td><td>7</td>"))
  }

  /// Names within a drawing are its own: no two of a page are alike, and each that is asked for is there.
  @Test func drawingsDoNotShareNames() {
    let page = Self.makeReport().html
    func all(_ start: String, _ end: Character) -> [String] {
      page.components(separatedBy: start).dropFirst().map { String($0.prefix { $0 != end }) }
    }
    let (defined, used) = (all(" id=\"", "\""), all("url(#", ")"))
    #expect(!defined.isEmpty && Set(defined).count == defined.count)
    #expect(Set(used).isSubset(of: Set(defined)))
  }

  /// Nothing comes from elsewhere, and no script runs.
  @Test func thePageNeedsNothingElse() {
    let page = Self.makeReport().html.replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "")
    for part in ["http:", "https:", "<script", "@import", "src=\"/", "onload"] {
      #expect(!page.contains(part), "\(part)")
    }
  }

  /// Chromium lays the page out at 360 pixels, and complains about nothing.
  @Test(.enabled(if: chromium != nil, "no Chromium: apt-get install chromium"))
  func aPhoneShowsThePage() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let page = folder.appendingPathComponent("report.html")
    // The page says itself how wide it is: in its title, which a dump of the document shows.
    let measuring = """
      <script>document.title = "width " + document.documentElement.scrollWidth + " of " + innerWidth</script></body>
      """
    // In a frame of a phone's width: windows are never narrower than 500 pixels.
    let inner = Self.makeReport().html.replacingOccurrences(of: "</body>", with: measuring)
    try inner.write(to: folder.appendingPathComponent("inner.html"), atomically: true, encoding: .utf8)
    let outer = """
      <!DOCTYPE html><title>frame</title><iframe src="inner.html" width="360" height="800" style="border:0"
      onload="document.title = this.contentDocument.title"></iframe>
      """
    try outer.write(to: page, atomically: true, encoding: .utf8)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(chromium))
    process.arguments = [
      "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--allow-file-access-from-files",
      "--enable-logging=stderr",
      "--user-data-dir=\(folder.path)/profile", "--virtual-time-budget=3000", "--dump-dom", page.path,
    ]
    let output = Pipe()
    process.standardOutput = output
    let log = folder.appendingPathComponent("log")
    try "".write(to: log, atomically: true, encoding: .utf8)
    process.standardError = try FileHandle(forWritingTo: log)
    try process.run()
    let dom = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let complaints = try String(contentsOf: log, encoding: .utf8).split(separator: "\n").filter {
      $0.contains("CONSOLE")
    }
    #expect(complaints.isEmpty, "\(complaints)")
    #expect(dom.contains("<title>width 360 of 360</title>"), "\(dom.prefix(400))")
  }
}

private let chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].first {
  FileManager.default.isExecutableFile(atPath: $0)
}
