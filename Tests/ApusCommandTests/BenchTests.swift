import ApusFiles
import Foundation
import Testing

@Suite struct BenchTests {
  /// The losses of five steps of Adam from PyTorch 2.15, as `Benchmarks/peers.py --mode eager` prints them: models, layers,
  /// gradients and optimizer together. Of `gpt-decode` the largest logits of five tokens.
  @Test(arguments: [
    ("mlp", 8, [2.6709842681884766, 1.3594684600830078, 0.5916893482208252, 0.21029582619667053, 0.09813817590475082]),
    ("lenet5", 8, [4.107455253601074, 3.0233328342437744, 2.55828595161438, 2.2720437049865723, 2.0726726055145264]),
    (
      "resnet18", 2,
      [3.5923800468444824, 2.834371566772461, 2.2034809589385986, 1.6828848123550415, 1.2467312812805176]
    ),
    ("alexnet", 1, [9.126825332641602, 3.5949900150299072, 0.18351109325885773]),
    ("lstm-lm", 1, [9.200693130493164, 9.171567916870117, 9.142450332641602, 9.113329887390137, 9.084196090698242]),
    ("gpt", 1, [4.711644172668457, 4.187658786773682, 3.9090752601623535, 3.6954221725463867, 3.493610382080078]),
    (
      "gpt-decode", 1,
      [2.227942705154419, 2.960531234741211, 2.8360633850097656, 2.731761932373047, 2.6586110591888428]
    ),
  ])
  func hasTheLossesOfPyTorch(workload: String, batch: Int, expected: [Double]) throws {
    let run = try Apus.run("bench", workload, "--batch", "\(batch)", "--serve")
    #expect(run.status == 0 && run.errors.isEmpty)
    let losses = try losses(run)
    #expect(losses.count == 5)
    for (step, (loss, value)) in zip(losses, expected).enumerated() {
      #expect(abs(loss - value) <= 5e-4 * value, "loss \(step + 1) is \(loss), PyTorch has \(value)")
    }
  }

  /// The first step's loss, where a process is timed from its start to its end.
  @Test func doesOneStep() throws {
    let run = try Apus.run("bench", "mlp", "--batch", "8", "--once")
    #expect(run.status == 0 && run.errors.isEmpty)
    let losses = try losses(run)
    #expect(losses.count == 1 && abs(losses[0] - 2.6709842681884766) < 1e-4)
  }

  @Test func answersRequests() throws {
    let run = try Apus.shell(#"printf 'run 2\nwalk\nrun 0\nrun 1\nquit\n' | "$apus" bench matmul --size 2x3x4 --serve"#)
    #expect(run.status == 0 && run.errors.isEmpty)
    let lines = run.output.split(separator: "\n")
    #expect(lines.count == 5)
    let answer = try JSONValue(parsing: String(lines[1]))
    #expect(answer["steps"]?.int == 2)
    #expect(try #require(answer["seconds"]?.double) > 0)
    #if os(Linux)
      #expect(try #require(answer["peak_bytes"]?.int) > 1_000_000)
    #endif
    for line in lines[2...3] { #expect(line.contains("expected `run N` or `quit`")) }
  }

  private func losses(_ run: Run) throws -> [Double] {
    try #require(JSONValue(parsing: run.output)["losses"]?.array).compactMap(\.double)
  }
}
