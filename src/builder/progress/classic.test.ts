import { expect, test } from "bun:test";
import type { BuildEvent } from "../contract.ts";
import { parseDockerfile } from "../dockerfile/parse.ts";
import { type ClassicLine, classicProgress } from "./classic.ts";

const text = `FROM busybox AS one
RUN echo one
FROM other AS unused
RUN never
FROM busybox
COPY --from=one /a /b
RUN echo two
CMD ["sh"]
`;

const image = `sha256:${"9".repeat(64)}` as const;

function vertex(name: string, line: number): BuildEvent {
	return { kind: "vertex", vertex: { digest: digest(name), name, inputs: [], line } };
}

function digest(name: string): `sha256:${string}` {
	return `sha256:${Buffer.from(name).toString("hex").padEnd(64, "0")}`;
}

function done(name: string, cached = false): BuildEvent {
	return { kind: "completed", vertex: digest(name), cached, at: 0, sizeBytes: 0 };
}

function log(name: string, data: string, stream: "stdout" | "stderr" = "stdout"): BuildEvent {
	return { kind: "log", vertex: digest(name), stream, data: Buffer.from(data), at: 0 };
}

function progress(removes = { success: true, failure: false }) {
	const options = { target: "", buildArgs: new Map(), labels: { l: "m" }, removes };
	return classicProgress(parseDockerfile(text), options);
}

const told = [vertex("base", 1), vertex("one", 2), vertex("copy", 6), vertex("two", 7)];

function show(lines: readonly ClassicLine[]): string {
	return lines.map((line) => ("stream" in line ? line.stream : `${JSON.stringify(line)}\n`)).join("");
}

test("steps that run at once are told in the Dockerfile's order, with nothing of stages that nobody needs", () => {
	const { take, end } = progress();
	const events = [
		...told,
		log("two", "two\n"),
		done("base"),
		log("one", "one\n"),
		log("one", "bad\n", "stderr"),
		done("two"),
		done("one"),
		done("copy", true),
	];
	const shown = show([...events.flatMap(take), ...end(image, ["x:1"])]);
	expect(shown.replaceAll(/\b[0-9a-f]{12}\b/g, "ID")).toBe(`Step 1/7 : FROM busybox AS one
 ---> ID
Step 2/7 : RUN echo one
 ---> Running in ID
one
\u001b[91mbad
\u001b[0mRemoving intermediate container ID
 ---> ID
Step 3/7 : FROM busybox
 ---> ID
Step 4/7 : COPY --from=one /a /b
 ---> Using cache
 ---> ID
Step 5/7 : RUN echo two
 ---> Running in ID
two
Removing intermediate container ID
 ---> ID
Step 6/7 : CMD ["sh"]
 ---> ID
Step 7/7 : LABEL l=m
 ---> ID
{"aux":{"ID":"${image}"}}
Successfully built ID
Successfully tagged x:1
`);
	expect(shown).toContain("Successfully built 999999999999\n");
});

test("what a step writes is shown while it runs, if it is its turn", () => {
	const { take } = progress();
	expect(show(told.flatMap(take))).toBe("");
	expect(show(take(done("base")))).toContain("Step 2/7 : RUN echo one\n");
	expect(show(take(log("one", "early\n")))).toMatch(/^ ---> Running in [0-9a-f]{12}\nearly\n$/);
	expect(show(take(log("two", "later\n")))).toBe("");
});

test("of a step that fails while another is shown, the output comes before the error", () => {
	const { take, fail } = progress({ success: true, failure: true });
	[...told, done("base"), log("one", "one\n")].flatMap(take);
	take(log("two", "why\n"));
	take({ kind: "failed", vertex: digest("two"), message: "", at: 0 });
	expect(show(fail()).replaceAll(/[0-9a-f]{12}\b/g, "ID")).toBe(
		"Step 5/7 : RUN echo two\n ---> Running in ID\nwhy\nRemoving intermediate container ID\n",
	);
});

test("the container that a step ran in is removed under the same name, also when it is the last", () => {
	const file = parseDockerfile("FROM busybox\nRUN true\n");
	const removes = { success: true, failure: false };
	const { take, end } = classicProgress(file, { target: "", buildArgs: new Map(), labels: {}, removes });
	const events = [vertex("base", 1), vertex("run", 2), done("base"), done("run")];
	const shown = show([...events.flatMap(take), ...end(image, [])]);
	const [, ran, removed] = /Running in (\w+)\nRemoving intermediate container (\w+)\n/.exec(shown) ?? [];
	expect(ran).toMatch(/^[0-9a-f]{12}$/);
	expect(removed).toBe(ran!);
});
