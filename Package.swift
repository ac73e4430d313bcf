// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target is compiled with the same strictness; a warning is an error.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
]

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

/// A room of DBKit: one folder, one module, so that the compiler refuses an import that the house does not allow.
func room(_ name: String, _ dependencies: [Target.Dependency], sql: Bool = false) -> Target {
    .target(
        name: name,
        dependencies: dependencies,
        path: "Sources/DBKit/\(name)",
        resources: sql ? [.embedInCode("SQL")] : [],
        swiftSettings: strict
    )
}

let rooms = [
    "Postgres", "Operations", "Storage", "Tools", "Sandbox", "Backup", "Migrations", "Diagnosis", "Triage", "Refresh",
    "Indexes", "Partitions", "Workflows",
]

let package = Package(
    name: "dbctl",
    products: [
        .executable(name: "dbctl", targets: ["dbctl"]),
        .library(name: "DBKit", targets: ["DBKit"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .target(name: "CHTTP", dependencies: ["CCurl"]),
        .target(name: "CLinux"),
        .target(name: "CTLS"),

        room("Postgres", ["CLibpq", "CLinux", "CTLS"]),
        room("Operations", ["Postgres", "CHTTP"], sql: true),
        room("Storage", ["Operations", "CLinux", "CZlib", "CZstd", crypto]),
        room("Sandbox", ["Postgres", "Operations", "CLinux", subprocess]),
        room("Tools", ["Postgres", "Operations", subprocess]),
        room("Backup", ["Postgres", "Operations", "Storage", "Tools", "Sandbox", subprocess], sql: true),
        room("Migrations", ["Postgres", "Operations", "Storage", "Tools", crypto], sql: true),
        room("Diagnosis", ["Postgres", "Operations"], sql: true),
        room("Triage", ["Postgres", "Operations"], sql: true),
        room("Refresh", ["Postgres", "Operations", "Storage"], sql: true),
        room("Indexes", ["Postgres", "Operations", "Storage"], sql: true),
        room("Partitions", ["Postgres", "Operations"], sql: true),
        // Migrations is a link to migrations/: the demo carries its own schema.
        .target(
            name: "Workflows",
            dependencies: [
                "Postgres", "Operations", "Storage", "Tools", "Sandbox", "Backup", "Migrations", "Refresh", "Indexes",
                "Partitions", "Triage",
            ],
            path: "Sources/DBKit/Workflows",
            resources: [.embedInCode("SQL"), .embedInCode("Migrations")],
            swiftSettings: strict
        ),
        .target(
            name: "DBKit",
            dependencies: rooms.map { .byName(name: $0) },
            path: "Sources/DBKit",
            exclude: rooms,
            sources: ["DBKit.swift"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "dbctl",
            dependencies: ["DBKit", "CLinux", argumentParser, logging, yams],
            swiftSettings: strict,
            plugins: ["BuildCommit"]
        ),
        // Measures, and is not shipped: bench/run.
        .executableTarget(
            name: "dbctl-bench",
            dependencies: ["DBKit", argumentParser, subprocess],
            path: "bench/dbctl-bench",
            swiftSettings: strict
        ),
        // Writes the man pages and the reference, and is not shipped: scripts/manual, scripts/docs.
        .executableTarget(
            name: "dbctl-manual",
            dependencies: [argumentParser, subprocess],
            path: "scripts/dbctl-manual",
            swiftSettings: strict
        ),
        .plugin(name: "BuildCommit", capability: .buildTool()),

        .target(name: "CTestSupport", path: "Tests/CSupport"),
        .target(
            name: "TestServers",
            dependencies: ["Postgres", "Operations", "Sandbox", subprocess],
            path: "Tests/Support/Servers",
            swiftSettings: strict
        ),
        .target(
            name: "TestSupport",
            dependencies: ["DBKit", "TestServers", "CTestSupport", subprocess],
            path: "Tests/Support",
            exclude: ["Servers"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ConcurrencyTests",
            dependencies: ["Postgres", "Sandbox", "TestServers", "CTestSupport"],
            swiftSettings: strict
        ),
        .testTarget(name: "DBKitTests", dependencies: ["DBKit", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "IntegrationTests", dependencies: ["DBKit", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "CommandTests", dependencies: ["DBKit", "dbctl", "dbctl-manual", "TestSupport", yams],
            swiftSettings: strict
        ),
        .testTarget(name: "FaultTests", dependencies: ["DBKit", "dbctl", "TestSupport"], swiftSettings: strict),
    ]
)

// Under the thread sanitizer only the concurrency tests run, and a second build of everything else would take longer
// than they do: DBCTL_ONLY_CONCURRENCY leaves it out.
if Context.environment["DBCTL_ONLY_CONCURRENCY"] != nil {
    let needed = [
        "CLibpq", "CTLS", "CCurl", "CHTTP", "CLinux", "Postgres", "Operations", "Sandbox", "TestServers",
        "CTestSupport", "ConcurrencyTests",
    ]
    package.targets.removeAll { !needed.contains($0.name) }
    package.products = []
    package.dependencies.removeAll { dependency in
        guard case .sourceControl(_, let location, _) = dependency.kind else { return false }
        return !location.hasSuffix("/swift-subprocess")
    }
}
