// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the words of a Dockerfile
/** Files that are nearly right, and absurd ones: each is planned or refused with its lines, in bounded time. */
import { describe, expect, test } from "bun:test";
import { createRandom, mutate, seed } from "../../../test/support/random-text.ts";
import { EngineError } from "../../lib/index.ts";
import { DockerfileError, explain } from "../dockerfile/error.ts";
import { parseDockerfile } from "../dockerfile/parse.ts";
import type { BaseImage, Graph } from "./graph.ts";
import { planGraph } from "./plan.ts";

const platform = { os: "linux", architecture: "amd64" };
const base = (reference: string, OnBuild?: string[]): BaseImage => ({
	...{ reference, id: `sha256:${"a".repeat(64)}`, chainId: undefined, diffIds: [], history: [], platform },
	config: OnBuild === undefined ? {} : { OnBuild },
});
const plan = async (text: string, triggers?: string[]): Promise<Graph> =>
	planGraph(parseDockerfile(text), {
		...{ target: "", platform, buildArgs: new Map([["GIVEN", "x"]]), labels: {}, noCache: false },
		...{ network: "default", contexts: new Set<string>(), images: new Map<string, string>() },
		resolve: async (reference) => base(reference, triggers),
	});
const failure = async (text: string, triggers?: string[]): Promise<Error> =>
	plan(text, triggers).then(
		() => Promise.reject(new Error("it was planned")),
		(error: Error) => error,
	);

const samples = [
	"# syntax=docker/dockerfile:1\n# escape=\\\nARG A=1\nFROM busybox:${A:-2} AS one\nENV B=${A#x} C=${A%%y} D=${A/p/r}\nRUN --mount=type=cache,target=/c,id=x,sharing=locked,uid=1,mode=0755 --network=none echo $B\n",
	'FROM a\nRUN --mount=type=secret,id=s,env=S,required=true --mount=type=ssh --security=sandbox <<EOF\nx $y\nEOF\nCOPY <<-\'A\' <<B /t/\n\tone\n\tA\ntwo\nB\nSHELL ["/bin/sh", "-c"]\nCMD ["a", "b"]\n',
	"FROM --platform=$BUILDPLATFORM a AS b\nFROM b\nCOPY --from=b --chown=1:2 --chmod=u=rwX,go=rX --link --parents --exclude=*.x a/./b c* /d/\nADD --checksum=sha256:0 --keep-git-dir=true --unpack=false https://h/x.git#v:p /y\n",
	'FROM a\nHEALTHCHECK --interval=5s --timeout=1m30s --start-period=1s --start-interval=2s --retries=3 CMD ["x"]\nEXPOSE 80 443/tcp 8000-8010/udp\nVOLUME ["/a", "/b"]\nUSER u:g\nWORKDIR /w\nSTOPSIGNAL SIGTERM\nLABEL a=b "c d"=\'e f\'\nONBUILD RUN x\nMAINTAINER m\nENTRYPOINT x\n',
];

test(`of 4,000 changed files each is planned, or refused with lines of it (seed ${seed})`, async () => {
	const random = createRandom(seed);
	let refused = 0;
	for (let round = 0; round < 4000; round++) {
		const text = mutate(random, samples);
		try {
			await plan(text);
		} catch (error) {
			refused++;
			if (!(error instanceof EngineError))
				throw new Error(`${JSON.stringify(text)}: ${error}`, { cause: error });
			if (!(error instanceof DockerfileError)) throw new Error(`no line: ${JSON.stringify(text)}: ${error}`);
			const { startLine, endLine } = error.range;
			const lines = text.split("\n").length;
			if (startLine < 1 || startLine > endLine || endLine > lines)
				throw new Error(`lines ${startLine} to ${endLine} of ${lines}: ${JSON.stringify(text)}`);
			explain(error, { name: "Dockerfile", text });
		}
	}
	expect(refused).toBeGreaterThan(500);
});

describe("absurd, and bounded", () => {
	test("10,000 instructions, and stages that stand on one another", async () => {
		const runs = await plan(`FROM a\n${"RUN x\n".repeat(10_000)}`);
		expect(runs.history).toHaveLength(10_000);
		const stages = Array.from(
			{ length: 2_000 },
			(_, i) => `FROM ${i === 0 ? "a" : `s${i - 1}`} AS s${i}\nRUN ${i}`,
		);
		expect((await plan(stages.join("\n"))).history).toHaveLength(2_000);
		expect((await failure("RUN x\n".repeat(100_001))).message).toContain("more than 100000 instructions");
	});

	test("stages that name themselves or later ones are no cycle", async () => {
		expect((await plan("FROM a AS a\nRUN x")).history).toHaveLength(1);
		const later = "FROM a AS one\nCOPY --from=two /x /\nFROM one AS two\nRUN x";
		expect((await failure(later)).message).toContain("refers to a stage that is not before this one");
		expect((await failure("FROM a AS one\nCOPY --from=one /x /")).message).toContain("not before this one");
	});

	test("triggers make no triggers, and not without end", async () => {
		expect((await failure("FROM a", ["ONBUILD RUN x"])).message).toContain(
			"isn't allowed as an ONBUILD trigger",
		);
		expect((await failure("FROM a", ["FROM a"])).message).toContain("isn't allowed as an ONBUILD trigger");
		expect((await failure("FROM a", Array(1001).fill("RUN x"))).message).toContain("more than 1000 ONBUILD");
		expect(await failure("FROM a", ["NONSENSE x"])).toBeInstanceOf(DockerfileError);
	});

	test("here-documents without end, many of them, and long ones", async () => {
		expect(await failure("FROM a\nRUN <<EOF\nx")).toBeInstanceOf(DockerfileError);
		expect(await failure(`FROM a\nCOPY ${"<<E ".repeat(500)}/x/\n${"E\n".repeat(499)}`)).toBeInstanceOf(
			DockerfileError,
		);
		const long = await plan(`FROM a\nCOPY <<E /x\n${"line\n".repeat(200_000)}E\n`);
		expect(long.steps).toHaveLength(2);
	});

	test("variables that grow by themselves end in an error", async () => {
		const text = `FROM a\nENV A=0123456789\n${"ENV A=$A$A$A$A$A$A$A$A\n".repeat(20)}`;
		expect(await failure(text)).toBeInstanceOf(DockerfileError);
	});

	test("long lines, deep modifiers and patterns of nothing but stars", async () => {
		await plan(`FROM a\nRUN ${"x".repeat(1_000_000)}\\\n${" y\\\n".repeat(10_000)}z`);
		const deep = `${"${A:-".repeat(5_000)}x${"}".repeat(5_000)}`;
		await plan(`FROM a\nENV B=${deep}`).catch((error: unknown) =>
			expect(error).toBeInstanceOf(DockerfileError),
		);
		const stars = `ENV A=${"a".repeat(2_000)}\nENV B=\${A##${"*a".repeat(500)}b}`;
		await plan(`FROM a\n${stars}`).catch((error: unknown) => expect(error).toBeInstanceOf(DockerfileError));
	});
});
