import ApusFiles
import Foundation
import Testing

/// `apus solve`, `apus learn` and agents that are trained.
@Suite struct DecisionCommandTests {
  @Test func gridsAreSolvedAndDrawn() throws {
    let scratch = try Scratch()
    let run = try Apus.run("solve", "russell-norvig", "--out", scratch("grid.png"))
    #expect(run.status == 0, "\(run.errors)")
    let lines = run.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    // Russell & Norvig, figures 17.2 and 17.3.
    #expect(lines.contains("0.812 0.868 0.918 1.000") && lines.contains("0.762 # 0.660 -1.000"))
    #expect(lines.contains("0.705 0.655 0.611 0.388"))
    #expect(lines.contains("→ → → +1") && lines.contains("↑ # ↑ -1") && lines.contains("↑ ← ← ←"))
    #expect(try File.read(scratch("grid.png")).prefix(4) == [0x89, 0x50, 0x4E, 0x47])
    #expect(try Apus.run("solve", "gambler", "--out", scratch("curve.svg")).status == 0)
    #expect(try File.readText(scratch("curve.svg")).contains("best actions"))
  }

  @Test func allMethodsSayTheSame() throws {
    var values: [[Double]] = []
    for method in [
      "value-iteration", "gauss-seidel", "prioritized-sweeping", "policy-iteration", "modified-policy-iteration",
      "linear-programming",
    ] {
      let run = try Apus.run("solve", "frozen-lake", "--method", method, "--tolerance", "1e-9", "--json")
      let json = try JSONValue(parsing: run.output)
      #expect(json["method"]?.string == method && (json["bound"]?.double ?? 1) <= 1e-8)
      values.append(try #require(json["values"]?.array).compactMap(\.double))
    }
    for other in values { for (a, b) in zip(other, values[0]) { #expect((a - b).magnitude < 2e-8) } }
    // The values of Gymnasium's table at γ = 0.99.
    for (found, known) in zip(values[0], [0.542026, 0.498803, 0.470696, 0.456852]) {
      #expect((found - known).magnitude < 1e-6)
    }
  }

  @Test func filesAreSolvedAndMistakesNamed() throws {
    let scratch = try Scratch()
    try AtomicFile.write("reward: -1\ncell G: end\n. . G\n", to: scratch("corridor.txt"))
    let run = try Apus.run("solve", scratch("corridor.txt"), "--method", "policy-iteration")
    #expect(run.output.contains("-2.000  -1.000   0.000"))
    #expect(try Apus.run("solve", scratch("corridor.txt"), "--horizon", "1").output.contains("-1.000"))
    #expect(try Apus.run("solve", scratch("corridor.txt"), "--policy", "uniform").output.contains("equally likely"))
    try AtomicFile.write(
      """
      {"format": "apus-decision-process", "states": 2, "actions": 1,
       "transitions": [{"from": 0, "action": 0, "to": 1, "probability": 0.5}]}
      """, to: scratch("wrong.json"))
    expectFailure(
      try Apus.run("solve", scratch("wrong.json")), "wrong.json", "state 0", "sum to 0.5, expected 1")
    expectFailure(try Apus.run("solve", "frozen-lak"), status: 2, "did you mean frozen-lake")
    expectFailure(try Apus.run("solve", "missing.json"), "missing.json")
    expectFailure(try Apus.run("solve", "taxi", "--method", "valu-iteration"), status: 2, "value-iteration")
    expectFailure(try Apus.run("solve", "taxi", "--discount", "2"), status: 2, "--discount 2")
    expectFailure(try Apus.run("solve"), status: 2, "expected a model")
    #expect(try Apus.run("solve", "--list").output.contains("car-rental"))
  }

  @Test func decisionsAreDrawn() throws {
    let scratch = try Scratch()
    let graph = try Apus.run(
      "figure", "decision-graph", "--out", scratch("graph.svg"), "--json", scratch("graph.json"))
    #expect(graph.status == 0, "\(graph.errors)")
    // Searching with a high battery and recharging a low one: v = 2 + γ (0.8 v + 0.2 γ v).
    let facts = try JSONValue(contentsOf: scratch("graph.json"))["facts"]
    let value = 2 / (1 - 0.9 * (0.8 + 0.2 * 0.9))
    #expect((try #require(facts?["value of high"]?.double) - value).magnitude < 1e-9)
    #expect((try #require(facts?["value of low"]?.double) - 0.9 * value).magnitude < 1e-9)
    for (name, word) in [("russell-norvig", "0.918"), ("car-rental", "-4"), ("frozen-lake", "H")] {
      #expect(try Apus.run("figure", "grid-world", name, "--out", scratch("grid.svg")).status == 0)
      #expect(try File.readText(scratch("grid.svg")).contains(">\(word)<"), "\(name)")
    }
  }

  @Test func modelsAreLearned() throws {
    let scratch = try Scratch()
    let arguments = ["learn", "cliff-walking", "--episodes", "2000", "--seed", "1"]
    let run = try Apus.run(arguments + ["--out", scratch("cliff.svg")])
    #expect(run.status == 0 && run.output.contains("q-learning"), "\(run.errors)")
    #expect(try File.readText(scratch("cliff.svg")).contains("mean reward"))
    let json = try JSONValue(parsing: try Apus.run(arguments + ["--method", "sarsa", "--json"]).output)
    #expect(json["returns"]?.array?.count == 2000)
    expectFailure(try Apus.run("learn", "taxi", "--method", "sarsi"), status: 2, "did you mean sarsa")
  }

  @Test func agentsAreTrainedAndJudged() throws {
    let scratch = try Scratch()
    let run = try Apus.run(
      "train", "ppo-cartpole", "--steps", "4096", "--seed", "1", "--out", scratch("ppo"), "--quiet")
    #expect(run.status == 0 && run.output.contains("mean reward of 100 episodes"), "\(run.errors)")
    for name in ["config.json", "metrics.jsonl", "model.safetensors", "report.html", "episode.png"] {
      #expect(File.exists(scratch("ppo/\(name)")), "\(name)")
    }
    let film = try File.read(scratch("ppo/episode.png"))
    #expect(film.indices.dropLast(4).contains { Array(film[$0..<($0 + 4)]) == Array("acTL".utf8) })
    let judged = try JSONValue(parsing: try Apus.run("evaluate", scratch("ppo"), "--json").output)
    let reward = try #require(judged["reward"]?.double)
    #expect(
      judged["rewards"]?.array?.count == 100 && run.output.contains("episodes \(String(format: "%.1f", reward)) "))
    expectFailure(
      try Apus.run("train", "ppo-cartpole", "--steps", "1024", "--out", scratch("ppo")), "holds a run already")
    expectFailure(
      try Apus.run("train", "dqn-cartpole", "--augment", "flip"), status: 2, "--augment is not for recipe dqn-cartpole")
    #expect(try Apus.run("recipes").output.contains("reinforce-cartpole"))
  }

  @Test func agentsGoOnWhereTheyStopped() throws {
    let scratch = try Scratch()
    let options = ["train", "ppo-cartpole", "--seed", "2", "--threads", "1", "--quiet"]
    let whole = try Apus.run(options + ["--steps", "100000", "--out", scratch("whole")])
    #expect(whole.status == 0, "\(whole.errors)")
    let part = try Apus.run(options + ["--steps", "100000", "--max-time", "0.4s", "--out", scratch("part")])
    #expect(part.status == 0 && part.errors.contains("the time is over after"), "\(part.errors)")
    #expect(part.errors.contains("--resume"))
    expectFailure(
      try Apus.run("train", "ppo-cartpole", "--resume", "--out", scratch("part"), "--steps", "5"), status: 2,
      "--steps cannot be changed by --resume")
    expectFailure(
      try Apus.run("train", "dqn-cartpole", "--resume", "--out", scratch("part")), "a run of recipe ppo-cartpole")
    let rest = try Apus.run("train", "ppo-cartpole", "--threads", "1", "--resume", "--out", scratch("part"))
    #expect(rest.status == 0, "\(rest.errors)")
    for name in ["model.safetensors", "metrics.jsonl", "episode.png"] {
      #expect(try File.read(scratch("part/\(name)")) == File.read(scratch("whole/\(name)")), "\(name)")
    }
    let again = try Apus.run("train", "ppo-cartpole", "--resume", "--out", scratch("part"))
    #expect(again.status == 0 && again.output.contains("all 100,000 steps were done already"), "\(again.output)")
    let model = try File.read(scratch("part/model.safetensors"))
    try AtomicFile.write(model, to: scratch("part/checkpoints/last.safetensors"))
    expectFailure(
      try Apus.run("train", "ppo-cartpole", "--resume", "--out", scratch("part")),
      "checkpoints/last.safetensors: not a checkpoint of this agent: it lacks network.0")
  }
}
