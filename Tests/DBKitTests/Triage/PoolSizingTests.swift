// How large a pool should be, P10: calculated by hand.

import Testing

@testable import Triage

@Suite("The size of a pool") struct PoolSizingTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        var cores: Int?
        var spindles = 1
        var rate: Double?
        var hold: Double?
        var ordinary = 97
        var others = 0
        var instances = 1
        var surge = 1.5
        var workers: Int?
        var each = 1
        var role: PoolSizing.Limit?
        var database: PoolSizing.Limit?
        let size: Int
        let overflow: Int
        /// `default_pool_size`
        let shared: Int
        let decides: String
        var floor: Int? = 1
        var obstacles: [PoolSize.Obstacle] = []

        var testDescription: String { name }

        var sizing: PoolSizing {
            var sizing = PoolSizing(ordinary: ordinary, others: others)
            sizing.cores = cores
            sizing.spindles = spindles
            (sizing.rate, sizing.hold) = (rate, hold)
            (sizing.instances, sizing.surge) = (instances, surge)
            (sizing.workers, sizing.connectionsPerWorker) = (workers, each)
            (sizing.roleLimit, sizing.databaseLimit) = (role, database)
            return sizing
        }
    }

    static let cases = [
        // 4 × 2 + 1 = 9; 1000 × 0.02 × 1.25 = 25; 97 × 0.8 / 1.5 = 51.7
        Case(
            name: "the machine decides", cores: 4, rate: 1000, hold: 0.02, size: 9, overflow: 9, shared: 9,
            decides: "hardware"),
        // 310 × 0.012 × 1.25 = 4.65
        Case(
            name: "demand is rounded up", cores: 8, rate: 310, hold: 0.012, size: 5, overflow: 5, shared: 5,
            decides: "demand"),
        // 17 / 4 = 4.25; 25 / 4 = 6.25; 77.6 / 6 = 12.9
        Case(
            name: "totals of the server are shared by the instances, limits rounded down", cores: 8, rate: 1000,
            hold: 0.02,
            instances: 4, size: 4, overflow: 4, shared: 17, decides: "hardware"),
        // (97 × 0.8 − 30) / (5 × 1.5) = 6.35; 33 / 5 = 6.6
        Case(
            name: "the slots decide, after the others and the surge", cores: 16, others: 30, instances: 5, size: 6,
            overflow: 0, shared: 33, decides: "slots"),
        // (97 × 0.8 − 30) / (5 × 2) = 4.76
        Case(
            name: "a surge of two", cores: 16, others: 30, instances: 5, surge: 2, size: 4, overflow: 0, shared: 33,
            decides: "slots"),
        // (100 × 0.8 − 5) / 3 = 25, exactly: no connection is lost to 0.1 + 0.2
        Case(
            name: "whole numbers stay whole", ordinary: 100, others: 5, instances: 2, size: 25, overflow: 0, shared: 75,
            decides: "slots", obstacles: [.onlyLimits]),
        // 0 spindles: 4; the overflow is what the slots leave: 97 × 0.8 − 70 = 7.6, / 1.5 = 5.07
        Case(
            name: "the overflow ends at the slots", cores: 2, spindles: 0, others: 70, size: 4, overflow: 1, shared: 4,
            decides: "hardware"),
        // 5 / 10 = 0.5
        Case(
            name: "never 0", cores: 2, ordinary: 970, instances: 10, size: 1, overflow: 1, shared: 5,
            decides: "hardware"),
        Case(
            name: "an arrival rate without a hold time says nothing", cores: 2, rate: 1e6, size: 5, overflow: 5,
            shared: 5, decides: "hardware"),
        // (97 × 0.8 − 77) / 1.5 = 0.4
        Case(
            name: "no room, and still not 0", cores: 2, others: 77, size: 1, overflow: 0, shared: 1, decides: "slots",
            obstacles: [.noRoom]),
        Case(
            name: "others have more than all", others: 500, size: 1, overflow: 0, shared: 1, decides: "slots",
            obstacles: [.noRoom, .onlyLimits]),
        // 3 × (2 − 1) + 1 = 4, below 9
        Case(
            name: "a low floor changes nothing", cores: 4, workers: 3, each: 2, size: 9, overflow: 9, shared: 9,
            decides: "hardware", floor: 4),
        // 8 × (3 − 1) + 1 = 17 > 9, and 17 <= 51; all 8 × 1.5 → 8 × 2 workers: 33
        Case(
            name: "the floor outranks the machine", cores: 4, workers: 8, each: 3, size: 17, overflow: 17, shared: 33,
            decides: "deadlock_floor", floor: 17, obstacles: [.floorDecides]),
        // 77.6 / 6 = 12.9 < 17; shared: 8 × 6 × 2 + 1 = 97 > 77
        Case(
            name: "the slots outrank the floor", cores: 4, instances: 4, workers: 8, each: 3, size: 12, overflow: 0,
            shared: 77, decides: "deadlock_floor", floor: 17, obstacles: [.deadlock, .sharedDeadlock]),
        // (20 × 0.8 − 4) / (2 × 1.5) = 4; 9 / 2 = 4.5
        Case(
            name: "a role's own limit", cores: 10, instances: 2, role: .init(limit: 20, others: 4), size: 4,
            overflow: 0,
            shared: 12, decides: "role_limit"),
        // (10 × 0.8 − 0) / 1.5 = 5.3
        Case(
            name: "a database's own limit", cores: 10, database: .init(limit: 10, others: 0), size: 5, overflow: 0,
            shared: 8,
            decides: "database_limit"),
    ]

    @Test("min of hardware, demand and slots, above the deadlock floor, P10", arguments: cases)
    func table(_ one: Case) {
        let size = one.sizing.size()
        #expect(size.poolSize == one.size)
        #expect(size.maxOverflow == one.overflow)
        #expect(size.defaultPoolSize == one.shared)
        #expect(size.decidedBy == one.decides)
        #expect(size.deadlockFloor == one.floor)
        #expect(size.obstacles == one.obstacles)
    }

    @Test("a floor of workers that nobody counted is unknown, not 1")
    func unknownFloor() {
        var sizing = PoolSizing(ordinary: 97, others: 0)
        sizing.connectionsPerWorker = 2
        #expect(sizing.deadlockFloor == nil)
        sizing.workers = 10
        #expect(sizing.deadlockFloor == 11)
    }

    @Test("any input: at least 1, and with the overflow never more than the slots, unless there is no room")
    func bounds() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var sizing = PoolSizing(
                ordinary: .random(in: 0...500, using: &generator), others: .random(in: 0...600, using: &generator))
            sizing.cores = Bool.random() ? .random(in: 1...200, using: &generator) : nil
            sizing.rate = Bool.random() ? .random(in: 0.01...1e6, using: &generator) : nil
            sizing.hold = .random(in: 0.0001...10, using: &generator)
            sizing.instances = .random(in: 1...50, using: &generator)
            sizing.workers = .random(in: 1...100, using: &generator)
            sizing.connectionsPerWorker = .random(in: 1...4, using: &generator)
            let size = sizing.size()
            #expect(size.poolSize >= 1 && size.defaultPoolSize >= 1 && size.maxOverflow >= 0)
            let room = (Double(sizing.ordinary) * 0.8 - Double(sizing.others)) / (Double(sizing.instances) * 1.5)
            if room >= 1 - 1e-9 {
                #expect(Double(size.poolSize + size.maxOverflow) <= room + 1e-6, "\(sizing)")
            } else {
                #expect(!size.isPossible && size.maxOverflow == 0, "\(sizing)")
            }
        }
    }
}

@Suite("What goes into the size of a pool") struct PoolSizeInputTests {
    private func report(
        _ scene: Scene, load: LoadMeasurement? = nil, machine: Int? = nil,
        _ change: (inout PoolSizeRequest) -> Void = { _ in }
    )
        -> PoolSizeReport
    {
        var request = PoolSizeRequest()
        change(&request)
        return PoolSizeReport(request, PoolSizeFacts(observation: scene.observation, machineCores: machine, load: load))
    }

    private func input(_ report: PoolSizeReport, _ name: String) -> SizingInput? {
        report.inputs.first { $0.name == name }
    }

    @Test("the others are all but the application's, whose role's limit counts, P10")
    func others() {
        var scene = Scene(maxConnections: 50)
        scene.observation.roles = [RoleLimit(name: "shop", connectionLimit: 30)]
        scene.add(6, "web", user: "shop")
        scene.add(2, "cron", user: "shop")
        scene.add(4, "monitor", user: "monitor")
        scene.add(3, "standby") { $0.kind = .walsender }
        scene.observation.hiddenConnections = [9000]
        let named = report(scene) { $0.application = "web" }
        // 2 + 4 + 1 that has not logged in; walsenders have slots of their own.
        #expect(input(named, "others")?.value == 7)
        #expect(input(named, "own")?.value == 6)
        #expect(input(named, "role_limit")?.value == 30)
        // (30 × 0.8 − 2) / 1.5
        #expect(named.terms.first { $0.name == "role_limit" }?.size == 14)
        let unnamed = report(scene)
        #expect(input(unnamed, "others")?.value == 9 && input(unnamed, "own")?.value == 4)
        #expect(input(unnamed, "others")?.from.contains("all but role monitor") == true)
        #expect(input(unnamed, "role_limit") == nil)
    }

    @Test("a flag outranks what was measured, and each source is named, P10")
    func sources() {
        let load = LoadMeasurement(
            from: LoadReading(moment: 100, transactions: 1000, busy: 10),
            to: LoadReading(moment: 102, transactions: 1400, busy: 18))
        let measured = report(Scene(), load: load, machine: 4)
        // 400 in 2 s; 8 s by 400.
        #expect(input(measured, "rate")?.value == 200 && input(measured, "rate")?.source == .measured)
        #expect(input(measured, "hold_s")?.value == 0.02)
        #expect(input(measured, "cores")?.value == 4 && input(measured, "cores")?.source == .measured)
        #expect(measured.terms.first { $0.name == "demand" }?.size == 5)
        #expect(measured.notes.contains { $0.contains("of this moment") })
        let said = report(Scene(), load: load, machine: 4) { request in
            request.cores = 16
            request.rate = 1000
            request.hold = .milliseconds(20)
        }
        #expect(input(said, "cores")?.source == .flag && input(said, "cores")?.from == "--cores")
        #expect(said.terms.first { $0.name == "demand" }?.size == 25)
        #expect(input(said, "spindles")?.source == .assumed)
        #expect(input(said, "max_connections")?.source == .configuration)
    }

    @Test("what is unknown is left out, and the answer says how to give it, P10")
    func unknown() {
        let nobody = report(Scene())
        #expect(input(nobody, "cores")?.source == .unknown && input(nobody, "cores")?.from.contains("--cores") == true)
        #expect(nobody.terms.map(\.name) == ["slots"])
        #expect(nobody.obstacles == [.onlyLimits])
        #expect(nobody.warnings.contains { $0.contains("--cores") && $0.contains("--rate") })
        let half = report(Scene(), machine: 4)
        #expect(half.notes.contains { $0.contains("demand is left out") })
    }

    @Test(
        "a look at nothing is no load of nothing",
        arguments: [
            (LoadReading(moment: 102, transactions: 1019, busy: 11, reset: nil), LoadMeasurement.Gap.tooFew(19)),
            (LoadReading(moment: 102, transactions: 1020, busy: 10, reset: nil), .noTimes),
            (LoadReading(moment: 102, transactions: 9000, busy: 11, reset: 101), .reset),
            (LoadReading(moment: 102, transactions: 40, busy: 11, reset: nil), .reset),
        ])
    func gaps(_ later: LoadReading, _ gap: LoadMeasurement.Gap) {
        let load = LoadMeasurement(from: LoadReading(moment: 100, transactions: 1000, busy: 10), to: later)
        #expect(load.gap == gap && load.hold == nil)
        let answer = report(Scene(), load: load, machine: 4)
        #expect(!answer.terms.contains { $0.name == "demand" })
    }

    @Test("two threads of one core are one core")
    func cores() {
        #expect(ServerMachine.cores(siblings: ["0,4\n", "1,5\n", "0,4\n", "1,5\n"]) == 2)
        #expect(ServerMachine.cores(siblings: ["0\n", "1\n", ""]) == 2)
        #expect(ServerMachine.cores(siblings: []) == nil)
    }
}
