import Foundation
import TestSupport
import Testing

/// A shell that has loaded dbctl's completions, in a folder with a dbctl.yaml, a repository and migrations.
struct ShellCompletion {
    let folder: String

    static let bash = "bash"
    static let zsh = "zsh"
    static let fish = "fish"

    static func with<T>(_ body: (ShellCompletion) async throws -> T) async throws -> T {
        try await withTemporaryFolder { folder in
            let completion = ShellCompletion(folder: folder)
            try completion.write("dbctl.yaml", text: configuration)
            try completion.write("other.yaml", text: "targets: {elsewhere: {url: \"postgresql://h/d\"}}\n")
            try completion.write("repo/app/20260131T020000Z-01KGAXJ8000000000000000000/manifest.json", text: "{}")
            try completion.write("repo/shop/20260201T020000Z-01KGDG9G000000000000000000/manifest.json", text: "{}")
            try completion.write("migrations/20260101000000_users.sql", text: "-- migrate:up\nSELECT 1;\n")
            try completion.write("migrations/20260102000000_prices.sql", text: "-- migrate:up\nSELECT 1;\n")
            try completion.write("prices.csv", text: "a\n")
            try FileManager.default.createDirectory(atPath: "\(folder)/bin", withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/bin/dbctl", withDestinationPath: DbctlBinary.path)
            for shell in [bash, zsh, fish] {
                let script = try await Dbctl.run(["--generate-completion-script", shell])
                #expect(script.exitCode == 0, "\(script)")
                try completion.write("share/_dbctl.\(shell)", text: script.stdout)
            }
            return try await body(completion)
        }
    }

    /// Targets that nobody answers for: who asks them hangs.
    private static let configuration = """
        targets:
          prod: {url: "postgresql://app@192.0.2.1/app", password: "${NOT_SET}"}
          staging: {url: "postgresql://app@192.0.2.2/app"}
        backup: {repo: repo}
        feeds:
          prices: {table: prices, key: [id]}
        indexes:
          - {table: users, columns: [email]}
        partitions:
          - {table: user_attempts, by: attempted_at, every: 1 month}

        """

    func write(_ path: String, text: String) throws {
        let file = URL(filePath: "\(folder)/\(path)")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    /// What the shell offers behind each of these lines, the cursor at their end.
    func offered(_ lines: [String], in shell: String) async throws -> [[String]] {
        let script = [Self.bash: bashScript, Self.zsh: zshScript, Self.fish: fishScript][shell] ?? ""
        try write("asking.\(shell)", text: script)
        // Fish is asked on a terminal, which bash makes for it.
        let program = shell == Self.fish ? Self.bash : shell
        let outcome = try await Program.run(
            program, ["\(folder)/asking.\(shell)"] + lines,
            environment: [
                "PATH": "\(folder)/bin:/usr/bin:/bin", "HOME": folder, "TERM": "dumb", "ZDOTDIR": folder,
            ], folder: folder)
        #expect(outcome.exitCode == 0 && outcome.stderr.isEmpty, "\(outcome)")
        return outcome.stdout.split(separator: "\u{1E}\n", omittingEmptySubsequences: false).dropLast().map {
            $0.split(separator: "\n").map(String.init)
        }
    }

    /// As readline does it: words and the place of the cursor in variables, the answer in COMPREPLY.
    private var bashScript: String {
        """
        source share/_dbctl.bash
        complete -p dbctl >/dev/null || exit 1
        for COMP_LINE in "$@"; do
            COMP_POINT=${#COMP_LINE}
            read -ra COMP_WORDS <<<"$COMP_LINE"
            [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=('')
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            COMPREPLY=()
            _dbctl dbctl "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            printf '%s\\n' "${COMPREPLY[@]}"
            printf '\\x1e\\n'
        done
        """
    }

    /// Fish knows its own command line only on a terminal. Lines are typed once its prompt is there.
    private var fishScript: String {
        """
        cat >inner.fish <<'EOF'
        source share/_dbctl.fish
        function fish_prompt; touch ready; end
        function ask
            complete --do-complete (commandline) | string replace --regex '\\t.*' '' >>offered
            printf '\\x1e\\n' >>offered
            commandline ''
        end
        function leave; touch done; exit; end
        bind \\t ask
        bind \\cg leave
        EOF
        type_lines() {
            until [ -e ready ]; do sleep 0.05; done
            printf '%s\\t' "$@"
            printf '\\a'
            until [ -e done ]; do sleep 0.05; done
        }
        type_lines "$@" | script -qec "fish --no-config -i -C 'source inner.fish'" /dev/null >/dev/null
        cat offered
        """
    }

    /// A zsh on a terminal of its own, whose compadd says what it is given.
    private var zshScript: String {
        """
        zmodload zsh/zpty
        mkdir -p functions
        cp share/_dbctl.zsh functions/_dbctl
        cat >inner.zsh <<'EOF'
        PROMPT=
        fpath=($PWD/functions $fpath)
        autoload -Uz compinit
        compinit -u -D
        bindkey '^I' complete-word
        zstyle ':completion:*' insert-tab false
        print_mark() { print -r -- "MARK" }
        compprefuncs=(print_mark)
        comppostfuncs=(print_mark exit)
        compadd() {
            if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return $?; fi
            local -a hits
            builtin compadd -A hits "$@"
            local hit
            for hit in "${hits[@]}"; do print -r -- "HIT $hit"; done
        }
        print READY
        EOF
        for asked in "$@"; do
            zpty shell zsh -f -i
            zpty -w shell "source $PWD/inner.zsh"
            while zpty -r shell line; do [[ $line == READY* ]] && break; done
            zpty -w -n shell "$asked"$'\\t'
            while zpty -r shell line; do
                [[ $line == HIT\\ * ]] && print -r -- "${${line#HIT }%$'\\r\\n'}"
            done
            zpty -d shell
            printf '\\x1e\\n'
        done
        """
    }
}
