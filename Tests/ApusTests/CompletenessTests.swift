import ApusCore
import ApusRuntime
import ApusTensor
import Testing

/// Every primitive, every member of a family and every block has a case.
@Suite struct CompletenessTests {
  @Test(arguments: Coverage.required)
  func isCovered(_ coverage: Coverage) {
    #expect(Case.all.contains { $0.covers == coverage }, "no case covers \(coverage)")
  }

  @Test(arguments: Case.all)
  func caseHoldsWhatItCovers(_ testCase: Case) {
    // Values and parameters are a graph's inputs.
    guard ![Primitive.value, .parameter].contains(testCase.covers.primitive) else { return }
    let found = testCase.graph(testCase.dtypes[0]).instructions.map { Coverage($0.op) }
    #expect(found.contains(testCase.covers), "case \"\(testCase.name)\" has no \(testCase.covers): \(Set(found))")
  }

  @Test func namesAreUnique() {
    let names = Case.all.map(\.name)
    #expect(Set(names).count == names.count, "\(Dictionary(grouping: names) { $0 }.filter { $1.count > 1 }.keys)")
  }

  /// Members are run in every type they accept.
  @Test func typesAreCovered() {
    func covered(_ coverage: Coverage) -> Set<DType> {
      Set(Case.all.filter { $0.covers == coverage }.flatMap(\.dtypes))
    }
    for op in Unary.allCases {
      #expect(covered(Coverage(.unary, op.rawValue)).isSuperset(of: DType.allCases.filter(op.accepts)), "\(op)")
    }
    for op in Binary.allCases {
      #expect(covered(Coverage(.binary, op.rawValue)).isSuperset(of: DType.allCases.filter(op.accepts)), "\(op)")
    }
    for op in Reduction.allCases {
      #expect(covered(Coverage(.reduce, op.rawValue)).isSuperset(of: DType.allCases.filter(op.accepts)), "\(op)")
    }
  }

  @Test func blocksAreCovered() throws {
    let blocks = try SourceTree.files(in: "Sources").filter { $0.hasSuffix(".swift") }.flatMap { path in
      try SourceTree.text(path).split(separator: "\n").filter { $0.contains(": Block {") && $0.contains("struct") }
        .map { line in (path, String(line)) }
    }
    #expect(!blocks.isEmpty)
    for (path, line) in blocks {
      // The block's name stands on one of the lines that follow its declaration.
      let text = try SourceTree.text(path)
      let rest = text.suffix(from: text.firstRange(of: line)!.upperBound)
      let name = rest.split(separator: "\"")[1]
      #expect(Case.all.contains { $0.covers == Coverage(.block, String(name)) }, "no case covers block \(name)")
    }
  }
}
