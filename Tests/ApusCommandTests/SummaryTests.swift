import ApusFiles
import Testing

/// `apus summary`: the table, the totals and the JSON of LeNet-5, all counted by hand.
@Suite struct SummaryTests {
  @Test func tableHasShapesWorkAndMemory() throws {
    let result = try Apus.run("summary", "lenet5")
    #expect(result.status == 0 && result.errors.isEmpty)
    let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    #expect(lines[0] == "lenet5: input [1, 28, 28, 1]")
    let cells = lines.map { $0.split(separator: " ").joined(separator: " ") }
    #expect(cells[1] == "layer kind output parameters multiply-adds memory")
    #expect(cells[3] == "conv1 Conv2D [1, 28, 28, 6] 156 117,600 18.8 kB")
    #expect(cells[9] == "fc3 Linear [1, 10] 850 840 40 B")
    #expect(
      lines.suffix(5) == [
        "61,706 parameters (246.8 kB)", "416,520 multiply-adds (833,040 floating-point operations)",
        "32.4 kB of outputs",
        "4 hidden layers: a deep net", "",
      ])
  }

  @Test func jsonHasAllOfIt() throws {
    let result = try Apus.run("summary", "lenet5", "--batch-size", "3", "--json")
    let json = try JSONValue(parsing: result.output)
    let totals = [
      "parameters": 61_706, "buffers": 0, "state_bytes": 246_824, "multiply_adds": 1_249_560, "flops": 2_499_120,
      "activation_bytes": 97_128, "hidden_layers": 4,
    ]
    for (name, value) in totals { #expect(json[name]?.int == value, "\(name)") }
    #expect(json["input"]?.array?.compactMap(\.int) == [3, 28, 28, 1])
    let layers = try #require(json["layers"]?.array)
    #expect(layers.count == 7 && layers.allSatisfy { $0["depth"]?.int == 0 && $0["is_group"]?.bool == false })
    #expect(layers[0]["name"]?.string == "conv1" && layers[0]["output"]?.array?.compactMap(\.int) == [3, 28, 28, 6])
    #expect(layers[2]["multiply_adds"]?.int == 720_000 && layers[2]["activation_bytes"]?.int == 19_200)
  }

  @Test func architecturesAreShownAsPublished() throws {
    let list = try Apus.run("summary", "--list").output
    for name in ["alexnet", "vgg16-bn", "convnext-tiny", "unet", "vit-b-16"] { #expect(list.contains("\n\(name) ")) }
    func parameters(_ arguments: String...) throws -> Int? {
      try JSONValue(parsing: try Apus.run(["summary"] + arguments + ["--json"]).output)["parameters"]?.int
    }
    #expect(try parameters("resnet50") == 25_557_032)
    // A recipe's model comes before the architecture of its name.
    #expect(try parameters("resnet18") == 11_172_810)
    #expect(try parameters("resnet18", "--published") == 11_689_512)
    expectFailure(try Apus.run("summary", "resnet5"), status: 2, "unknown model 'resnet5'", "did you mean resnet50?")
    expectFailure(try Apus.run("summary"), status: 2, "expected a recipe, a run or an architecture")
  }
}
