// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the words of a Dockerfile
import { describe, expect, test } from "bun:test";
import type { Digest, ImageRunConfig } from "../../oci/index.ts";
import { parseDockerfile } from "../dockerfile/parse.ts";
import type { BaseImage, CopyOperation, Graph, Operation, RunOperation } from "./graph.ts";
import { planGraph } from "./plan.ts";
import type { PlanOptions } from "./planning.ts";

const platform = { os: "linux", architecture: "amd64" };
const image = (reference: string, config: ImageRunConfig = {}): BaseImage => ({
	...{ reference, id: `sha256:${reference}` as Digest, chainId: `sha256:c-${reference}` as Digest },
	...{ config: { Env: ["PATH=/bin"], Cmd: ["sh"], ...config }, diffIds: [], history: [], platform },
});

const asked: string[] = [];
const plan = (text: string, more: Partial<PlanOptions> & { base?: ImageRunConfig } = {}): Promise<Graph> => {
	asked.length = 0;
	return planGraph(parseDockerfile(text), {
		...{ target: "", platform, buildArgs: new Map(), labels: {}, noCache: false, network: "default" },
		...{ contexts: new Set<string>(), images: new Map<string, string>() },
		async resolve(reference) {
			asked.push(reference);
			return image(reference, more.base);
		},
		...more,
	});
};
const operations = ({ steps }: Graph) => steps.map(({ operation }) => operation);
const runs = (graph: Graph) => operations(graph).filter((one): one is RunOperation => one.kind === "run");
const copies = (graph: Graph) => operations(graph).filter((one): one is CopyOperation => one.kind === "copy");
const kinds = (graph: Graph) => operations(graph).map((one: Operation) => one.kind);

describe("stages", () => {
	const text = [
		"FROM a AS base\nRUN one",
		"FROM base AS unused\nRUN two",
		"FROM b AS tools\nRUN three",
		"FROM base\nCOPY --from=tools /x /y\nCOPY --from=c /x /z\nCOPY --from=0 /x /w",
	].join("\n");

	test("what the target does not need is not planned, and an image is asked for once", async () => {
		const graph = await plan(text);
		expect(runs(graph).map(({ args }) => args.at(-1))).toEqual(["one", "three"]);
		expect(asked).toEqual(["a", "b", "c"]);
		expect(copies(graph).map(({ from }) => from.kind)).toEqual(["step", "step", "step"]);
		expect((await plan(text, { target: "unused" })).steps.map(({ name }) => name)).toEqual([
			"[base 1/2] FROM a",
			"[base 2/2] RUN one",
			"[unused 2/2] RUN two",
		]);
		expect(asked).toEqual(["a"]);
	});

	test("a stage goes on from where its base ended, with its configuration and history", async () => {
		const graph = await plan('FROM a AS x\nENV A=1\nCMD x\nFROM x\nENTRYPOINT ["e"]\nRUN y');
		expect(graph.config).toMatchObject({ Env: ["PATH=/bin", "A=1"], Entrypoint: ["e"] });
		expect(graph.config.Cmd).toBeUndefined();
		expect(graph.history.map(({ createdBy }) => createdBy)).toEqual([
			"ENV A=1",
			'CMD ["/bin/sh","-c","x"]',
			'ENTRYPOINT ["e"]',
			"RUN /bin/sh -c y # buildkit",
		]);
	});

	test("contexts and images may stand for names", async () => {
		const graph = await plan("FROM a\nCOPY --from=docs . /d", {
			contexts: new Set(["docs"]),
			images: new Map([["a", "z@1"]]),
		});
		expect(asked).toEqual(["z@1"]);
		expect(copies(graph)[0]!.from).toEqual({ kind: "context", name: "docs" });
	});

	test("the same step in two builds has one name; another base gives another", async () => {
		const [one, two] = [await plan("FROM a\nRUN x"), await plan("FROM a\n\n# c\nRUN x\nENV A=1")];
		expect(one.result).toBe(two.result);
		expect((await plan("FROM b\nRUN x")).result).not.toBe(one.result);
	});
});

describe("variables", () => {
	test("arguments: given, default, of the head, of the platform; an environment hides them", async () => {
		const text =
			"ARG v=1\nARG w=head\nFROM a:$v\nARG v=2\nARG w\nARG x=$v-$w\nENV v=env\nRUN echo\nARG TARGETARCH\nRUN arch";
		const graph = await plan(text, { buildArgs: new Map([["v", "given"]]) });
		expect(asked).toEqual(["a:given"]);
		expect(runs(graph)[0]!.env).toEqual(["PATH=/bin", "v=env", "w=head", "x=given-head"]);
		expect(runs(graph)[1]!.env.at(-1)).toBe("TARGETARCH=amd64");
	});

	test("proxies reach a RUN undeclared and stand in no history", async () => {
		const graph = await plan("FROM a\nRUN x", { buildArgs: new Map([["HTTP_PROXY", "p"]]) });
		expect(runs(graph)[0]!.env).toContain("HTTP_PROXY=p");
		expect(graph.history[0]!.createdBy).not.toContain("HTTP_PROXY");
	});

	test("one instruction sees the variables of before it", async () => {
		const { config } = await plan(
			"FROM scratch\nENV a=1 b=2\nENV a=3 c=$a\nUSER u$a\nWORKDIR /x\nWORKDIR $b\nEXPOSE 80 $a/udp 90-91",
		);
		expect(config.Env).toEqual([expect.stringMatching(/^PATH=/), "a=3", "b=2", "c=1"]);
		expect(config).toMatchObject({ User: "u3", WorkingDir: "/x/2" });
		expect(Object.keys(config.ExposedPorts!)).toEqual(["80/tcp", "3/udp", "90/tcp", "91/tcp"]);
	});

	test("what has no value is told", async () => {
		const { warnings } = await plan("FROM a\nUSER $nobody");
		expect(warnings).toEqual([
			{ rule: "UndefinedVar", message: "Usage of undefined variable '$nobody'", line: 2 },
		]);
	});
});

describe("steps", () => {
	test("a here-document is the script, a program, or the input of a command", async () => {
		const graph = await plan(
			"FROM a\nRUN <<EOF\necho 1\nEOF\nRUN <<X\n#!/usr/bin/python\np\nX\nRUN cat <<E\n$a\nE",
		);
		expect(runs(graph).map(({ args }) => args)).toEqual([
			["/bin/sh", "-c", "echo 1\n"],
			["/dev/pipes/X"],
			["/bin/sh", "-c", "cat <<E\n$a\nE"],
		]);
		expect(runs(graph)[1]!.documents).toEqual([{ name: "/dev/pipes/X", content: "#!/usr/bin/python\np\n" }]);
	});

	test("copies know where they go", async () => {
		const graph = await plan('FROM a\nWORKDIR /w\nCOPY a .\nCOPY ["b c", "d", "x/"]\nADD e <<f /y/\nf\n');
		expect(copies(graph).map(({ target, sources }) => [target, sources])).toEqual([
			["/w/", ["a"]],
			["/w/x/", ["b c", "d"]],
			["/y/", ["e"]],
		]);
		await expect(plan("FROM a\nCOPY a b /c")).rejects.toThrow(
			"the destination must be a directory and end with a /",
		);
	});

	test("mounts are of contexts, stages and images", async () => {
		const graph = await plan(
			"FROM b AS t\nFROM a\nWORKDIR /w\nRUN --mount=target=src --mount=from=t,target=/t --mount=type=cache,target=/c x",
		);
		expect(runs(graph)[0]!.mounts).toMatchObject([
			{ type: "bind", target: "/w/src", from: { kind: "context", name: "" } },
			{ type: "bind", target: "/t", from: { kind: "step" } },
			{ type: "cache", target: "/c", id: "/c" },
		]);
		expect(kinds(graph)).toEqual(["image", "folder", "image", "run"]);
	});

	test("what an image says is to be done when it is built on is done first", async () => {
		const graph = await plan("FROM a\nRUN own", { base: { OnBuild: ["RUN trigger", "ENV T=1"] } });
		expect(runs(graph).map(({ args }) => args.at(-1))).toEqual(["trigger", "own"]);
		expect(graph.config.OnBuild).toBeUndefined();
		expect(graph.config.Env).toContain("T=1");
	});
});

describe("errors", () => {
	test.each([
		[
			"FROM a AS one\nFROM b",
			{ target: "onee" },
			'target stage "onee" could not be found (did you mean one?)',
		],
		[
			"FROM a\nCOPY --from=later x y\nFROM b AS later",
			{ target: "0" },
			"refers to a stage that is not before this one",
		],
		["FROM a\nCOPY --from=0 x y", {}, "refers to a stage that is not before this one"],
		["FROM $none", {}, "base name ($none) should not be blank"],
		["FROM a\nEXPOSE 99999", {}, "invalid containerPort: 99999"],
		["FROM a\nSTOPSIGNAL no!", {}, "invalid signal: no!"],
		["FROM a\nUSER ${x:?set it}", {}, "x: set it"],
		[
			"FROM a\nONBUILD RUN x\nRUN y",
			{ base: { OnBuild: ["FROM x"] } },
			"FROM isn't allowed as an ONBUILD trigger",
		],
	])("%j", async (text, more, message) => {
		await expect(plan(text, more)).rejects.toThrow(message);
	});
});
