import { describe, expect, test } from "bun:test";
import type { Command, CopyCommand, RunCommand } from "./commands.ts";
import { DockerfileError, explain } from "./error.ts";
import { parseDockerfile } from "./parse.ts";

const commands = (text: string) => parseDockerfile(`FROM scratch\n${text}`).stages[0]!.commands;
type Of<Kind> = Command extends infer One
	? One extends { kind: infer Has }
		? Kind extends Has
			? One
			: never
		: never
	: never;
const only = <Kind extends Command["kind"]>(text: string, _kind: Kind) =>
	commands(text)[0] as unknown as Of<Kind>;
const failure = (text: string) => {
	try {
		parseDockerfile(text);
	} catch (error) {
		return error as DockerfileError;
	}
	throw new Error("it was taken");
};

describe("lines", () => {
	test("continuations, comments and blanks between them make one instruction", () => {
		const run = only("RUN a \\\n# not this\n\n  && b \\  \n && c", "run");
		expect(run.command).toEqual({ form: "shell", text: "a   && b  && c" });
		expect(run.range).toEqual({ startLine: 2, endLine: 6 });
	});

	test("the escape directive changes what continues a line, and a doubled one does not", () => {
		const text = "# escape=`\n# syntax=docker/dockerfile:1\nFROM a\nRUN dir C:\\ `\n  x\nRUN y\\\\\nUSER z";
		const { directives, stages } = parseDockerfile(text);
		expect(directives).toEqual({ escape: "`", syntax: "docker/dockerfile:1" });
		expect(stages[0]!.commands.map(({ source }) => source)).toEqual([
			"RUN dir C:\\   x",
			"RUN y\\\\",
			"USER z",
		]);
	});

	test("a directive after anything else is a comment; twice is an error", () => {
		expect(parseDockerfile("# hello\n# escape=`\nFROM a").directives.escape).toBe("\\");
		expect(failure("# escape=`\n# escape=`\nFROM a").message).toContain("only one escape parser directive");
		expect(failure("# escape=x\nFROM a").message).toContain("invalid escape token 'x'");
	});

	test("here-documents: several, quoted, with tabs, and none in a JSON array", () => {
		const copy = only("COPY <<one <<-'two' /x/\n$a\none\n\tb\n\ttwo\n", "copy");
		expect(copy.sources).toEqual([]);
		expect(copy.inline).toEqual([
			{ name: "one", expand: true, chomp: false, fd: 0, content: "$a\n" },
			{ name: "two", expand: false, chomp: true, fd: 0, content: "b\n" },
		]);
		const run = only("RUN 3<<EOF cat\nx\nEOF", "run");
		expect(run.heredocs[0]).toMatchObject({ fd: 3, content: "x\n" });
		expect(only('RUN ["echo", "<<EOF"]\nUSER x', "run").heredocs).toEqual([]);
		expect(only("RUN echo $((1<<2))", "run").heredocs).toEqual([]);
		expect(failure("FROM a\nRUN <<EOF\nx").message).toBe(
			"dockerfile parse error on line 2: unterminated heredoc EOF",
		);
	});
});

describe("instructions", () => {
	test("stages have names, platforms and bases", () => {
		const { args, stages } = parseDockerfile(
			"ARG v=1\nFROM --platform=$BUILDPLATFORM a:$v AS Build\nfrom build",
		);
		expect(args).toEqual([{ key: "v", value: "1" }]);
		expect(stages.map(({ name, base, platform }) => ({ name, base, platform }))).toEqual([
			{ name: "build", base: "a:$v", platform: "$BUILDPLATFORM" },
			{ name: "", base: "build", platform: "" },
		]);
	});

	test("commands are the shell's, or arguments when they are a JSON array", () => {
		expect(only('CMD ["a", "b c"]', "cmd").command).toEqual({ form: "exec", args: ["a", "b c"] });
		expect(only("ENTRYPOINT [ -f x ] && y", "entrypoint").command).toEqual({
			form: "shell",
			text: "[ -f x ] && y",
		});
		expect(failure("FROM a\nCMD [1]").message).toContain("arrays must be comprised of strings only");
	});

	test("pairs, old and new", () => {
		expect(only('ENV a=1 b="x y" c=\\ z', "env").pairs).toEqual([
			{ key: "a", value: "1" },
			{ key: "b", value: '"x y"' },
			{ key: "c", value: "\\ z" },
		]);
		expect(only("ENV a some text", "env").pairs).toEqual([{ key: "a", value: "some text" }]);
		expect(failure("FROM a\nENV a=1 b").message).toContain(`can't find = in "b"`);
		expect(failure("FROM a\nLABEL a").message).toContain("LABEL must have two arguments");
	});

	test("copies, with every flag", () => {
		const flags = "--from=x --chown=1:2 --chmod=u+x --link --parents --exclude=a --exclude=b";
		expect(only(`COPY ${flags} ["a b", "c", "/d/"]`, "copy")).toMatchObject({
			...{ from: "x", chown: "1:2", chmod: "u+x", link: true, parents: true, excludes: ["a", "b"] },
			...{ sources: ["a b", "c"], target: "/d/" },
		} satisfies Partial<CopyCommand>);
		const add = only("ADD --checksum=sha256:1 --keep-git-dir=false --unpack https://x/y /z", "add");
		expect(add).toMatchObject({ checksum: "sha256:1", keepGitDir: false, unpack: true });
		expect(failure("FROM a\nCOPY x").message).toContain("Destination could not be determined");
	});

	test("runs have mounts, networks and devices", () => {
		const mounts = [
			"--mount=type=cache,id=n,target=/c,sharing=locked,mode=0700,uid=1",
			"--mount=type=secret,id=key,env=KEY",
			"--mount=from=x,dst=/y,rw",
			`--mount='type=tmpfs,"target=/t,u",size=1m'`,
			"--mount=type=ssh",
		];
		const run = only(`RUN ${mounts.join(" ")} --network=none --device=a/b=c,required echo`, "run");
		expect(run.mounts).toEqual([
			{
				...{ type: "cache", id: "n", target: "/c", source: "", readOnly: false, sharing: "locked" },
				...{ mode: 0o700, uid: "1", gid: "0" },
			},
			{ type: "secret", id: "key", target: "", env: "KEY", required: false, mode: 0o400, uid: "0", gid: "0" },
			{ type: "bind", target: "/y", source: "", from: "x", readOnly: false },
			{ type: "tmpfs", target: "/t,u", sizeBytes: 2 ** 20 },
			{ type: "ssh", id: "default", target: "", env: "", required: false, mode: 0o600, uid: "0", gid: "0" },
		] satisfies RunCommand["mounts"]);
		expect(run).toMatchObject({ network: "none", devices: [{ name: "a/b=c", required: true }] });
	});

	test("health checks", () => {
		const line = "HEALTHCHECK --interval=1m30s --timeout=500ms --retries=3 CMD curl x";
		expect(only(line, "healthcheck").check).toMatchObject({
			command: { form: "shell", text: "curl x" },
			...{ intervalNanos: 90e9, timeoutNanos: 500e6, retries: 3 },
		});
		expect(only("HEALTHCHECK NONE", "healthcheck").check.command).toBeUndefined();
		expect(failure("FROM a\nHEALTHCHECK x").message).toContain('unknown type "X" in HEALTHCHECK');
	});
});

describe("errors", () => {
	test.each([
		["", "file with no instructions"],
		["ARG a", "a Dockerfile needs at least one FROM"],
		["RUN a", "no build stage in current context"],
		["FROM a\nRUM x", "line 2: unknown instruction: RUM (did you mean RUN?)"],
		["FROM a b", "FROM requires either one or three arguments"],
		["FROM a AS 1", "invalid name for build stage"],
		["FROM a\nCOPY --form=b x y", "unknown flag: --form (did you mean --from?)"],
		["FROM a\nRUN --mount=type=cach,target=/x y", `unsupported mount type "cach"; did you mean 'cache'?`],
		[
			"FROM a\nRUN --mount=type=cache,targat=/x y",
			"unexpected key 'targat' for mount type 'cache'; did you mean",
		],
		["FROM a\nONBUILD ONBUILD RUN x", "Chaining ONBUILD"],
		["FROM a\nSHELL sh", "SHELL requires the arguments to be in JSON form"],
		["FROM a\nCOPY --link=maybe x y", "expecting boolean value for flag link"],
	])("%j", (text, message) => expect(failure(text).message).toContain(message));

	test("an error shows its lines, and a caret below the word", () => {
		const text = "FROM busybox\n\nRUN a\n\tRUM b\nRUN c";
		expect(explain(failure(text), { name: "Dockerfile", text })).toBe(
			[
				"Dockerfile:4",
				"--------------------",
				"   2 |",
				"   3 |     RUN a",
				"   4 | >>> \tRUM b",
				`${" ".repeat(11)}\t^^^`,
				"   5 |     RUN c",
				"--------------------",
				"dockerfile parse error on line 4: unknown instruction: RUM (did you mean RUN?)",
			].join("\n"),
		);
	});

	test("no text whatever does more than say what is wrong with it", () => {
		const pieces = [
			"FROM",
			"RUN",
			"COPY",
			"<<E",
			"E",
			"\\",
			"\n",
			'"',
			"'",
			"[",
			"]",
			"--mount=",
			"$",
			"{",
			",",
			"=",
			"#",
			"escape=`",
			"\t",
			" ",
			"ONBUILD",
			"\0",
			"é",
			"AS",
		];
		let seed = 42;
		const next = (below: number) => {
			seed = (seed * 1103515245 + 12345) % 2147483648;
			return seed % below;
		};
		for (let round = 0; round < 3000; round++) {
			const text = Array.from(
				{ length: next(40) },
				() => pieces[next(pieces.length)]! + (next(2) ? " " : ""),
			).join("");
			try {
				parseDockerfile(text);
			} catch (error) {
				expect(error).toBeInstanceOf(DockerfileError);
				expect((error as DockerfileError).range.startLine).toBeGreaterThan(0);
			}
		}
	});
});
