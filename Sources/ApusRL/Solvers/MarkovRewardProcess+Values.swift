extension MarkovRewardProcess {
  /// The value of each state, exactly: v = (I − γP)⁻¹ r, by elimination without subtractions.
  ///
  /// Without a discount, what goes around for ever at no reward is worth 0.
  ///
  /// - Throws: ``SolverError/endless(state:)`` when rewards are collected for ever without a discount.
  public func values(discount: Double) throws(SolverError) -> [Double] {
    guard 0...1 ~= discount else { throw .invalid("a discount of \(discount), expected 0 to 1") }
    var isUnknown = (0..<stateCount).map { !isTerminal($0) }
    if discount == 1 {
      for group in transitions.communicatingClasses where group.isClosed && isUnknown[group.states[0]] {
        guard group.states.allSatisfy({ rewards[$0] == 0 }) else { throw .endless(state: group.states[0]) }
        for state in group.states { isUnknown[state] = false }
      }
    }
    let unknown = (0..<stateCount).filter { isUnknown[$0] }
    let solution = try transitions.solve(among: unknown, width: 1, discount: discount) { state, next in
      [next == nil ? rewards[state] : 0]
    }
    var values = [Double](repeating: 0, count: stateCount)
    for (place, state) in unknown.enumerated() { values[state] = solution[place] }
    return values
  }

  /// The expected number of steps until the end from each state; infinite where it may never come.
  public func stepsToEnd() throws(SolverError) -> [Double] {
    let terminal = Set((0..<stateCount).filter { isTerminal($0) })
    guard !terminal.isEmpty else { return [Double](repeating: .infinity, count: stateCount) }
    var builder = RowBuilder()
    for state in 0..<stateCount {
      if isTerminal(state) { builder.add(state, 1) }
      for entry in transitions.entries(state) {
        builder.add(Int(transitions.successors[entry]), transitions.probabilities[entry])
      }
      builder.endRow()
    }
    do {
      let rows = try TransitionRows(
        starts: builder.starts, successors: builder.successors, probabilities: builder.probabilities,
        states: stateCount)
      return try MarkovChain(rows).hittingTimes(of: terminal)
    } catch let error as SolverError {
      throw error
    } catch {
      throw .invalid("\(error)")
    }
  }

  /// The same process as a decision process of one action.
  var decisionProcess: MarkovDecisionProcess {
    do {
      return try MarkovDecisionProcess(
        states: stateCount, actions: 1, starts: transitions.starts, successors: transitions.successors,
        probabilities: transitions.probabilities, rewards: rewards)
    } catch {
      preconditionFailure("\(error)")
    }
  }
}
