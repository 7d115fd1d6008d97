import ApusFiles
import ApusFilesTestSupport
import Foundation
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct ProfileTests {
  /// The first convolution of LeNet-5 on 4 images does 2 · 4 · 28² · 6 · 25 operations; all kernels' times are within
  /// the step's.
  @Test func countsWhatKernelsDo() throws {
    try withTemporaryDirectory { directory in
      let run = try Apus.run(
        [
          "profile", "lenet5", "--batch", "4", "--steps", "2", "--json", "--chart", "chart.svg", "--trace",
          "trace.json",
        ], in: directory)
      #expect(run.status == 0)
      #expect(run.errors == "")
      let report = try parsed(Data(run.output.utf8))
      let kernels = try #require(report["kernels"] as? [[String: Any]])
      let convolution = try #require(
        kernels.first { $0["label"] as? String == "convolution+bias+relu 4×28×28×1 → 28×28×6" })
      #expect(convolution["operations"] as? Double == 940_800)
      #expect(convolution["calls"] as? Int == 1)
      // 3136 numbers of x, 150 weights, 6 of the bias and 18,816 results, four bytes each.
      #expect(convolution["bytes"] as? Double == 88_432)
      let seconds = kernels.compactMap { $0["seconds"] as? Double }.reduce(0, +)
      let step = try #require(report["step_seconds"] as? Double)
      #expect(seconds > 0 && seconds <= step)
      #expect(try #require(report["peak_flops"] as? Double) > 1e9)
      #expect(try #require(report["bandwidth_bytes_per_second"] as? Double) > 1e8)

      let trace = try parsed(try Data(contentsOf: URL(fileURLWithPath: directory + "/trace.json")))
      let events = try #require(trace["traceEvents"] as? [[String: Any]])
      #expect(events.count == kernels.reduce(0) { $0 + ($1["calls"] as? Int ?? 0) })
      var end = 0.0
      for event in events {
        let (start, duration) = (try #require(event["ts"] as? Double), try #require(event["dur"] as? Double))
        #expect(event["ph"] as? String == "X" && start >= end && duration >= 0)
        end = start
      }
      let chart = try String(contentsOfFile: directory + "/chart.svg", encoding: .utf8)
      #expect(XMLParser(data: Data(chart.utf8)).parse())
      #expect(chart.contains("convolution+bias+relu 4×28×28×1"))
    }
  }

  /// Any recipe can be looked at: its training step, and what its model makes of a batch.
  @Test(arguments: [
    "unet", "forecast", "elman-lm", "birnn-tagger", "transformer-translate", "transformer-classify", "vae",
  ])
  func recipesAreProfiled(_ recipe: String) throws {
    func seconds(_ name: String) throws -> Double {
      let run = try Apus.run("profile", name, "--batch", "2", "--steps", "1", "--json")
      #expect(run.status == 0 && run.errors == "", "\(run.errors)")
      let report = try parsed(Data(run.output.utf8))
      #expect((report["kernels"] as? [Any])?.isEmpty == false)
      return try #require(report["step_seconds"] as? Double)
    }
    #expect(try seconds(recipe) > 0)
    #expect(try seconds(recipe + "-inference") > 0)
  }

  private func parsed(_ data: Data) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }
}
