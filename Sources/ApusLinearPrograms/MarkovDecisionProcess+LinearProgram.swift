import ApusRL

extension MarkovDecisionProcess {
  /// Solves the process as a linear program: the least values that no action beats, v(s) ≥ r(s, a) + γ Σ p v
  /// (Manne 1960; d'Epenoux 1963).
  ///
  /// - Throws: ``LinearProgram/Failure``, when without a discount values have no limit.
  public func solvedByLinearProgram(discount: Double) throws -> Solution {
    guard 0...1 ~= discount else { throw SolverError.invalid("a discount of \(discount), expected 0 to 1") }
    var program = LinearProgram(columns: stateCount)
    for state in 0..<stateCount {
      if isTerminal(state) {
        (program.lower[state], program.upper[state]) = (0, 0)
        continue
      }
      program.costs[state] = 1
      for action in 0..<actionCount where canTake(action, in: state) {
        var coefficients: [Int: Double] = [state: 1]
        var reward = 0.0
        for outcome in outcomes(state, action) {
          coefficients[outcome.state, default: 0] -= discount * outcome.probability
          reward += outcome.probability * outcome.reward
        }
        let entries = coefficients.sorted { $0.key < $1.key }.map { (column: $0.key, coefficient: $0.value) }
        program.require(entries.filter { $0.coefficient != 0 }, atLeast: reward)
      }
    }
    return solution(try program.solved(), discount: discount, iterations: 1)
  }
}
