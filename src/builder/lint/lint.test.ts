import { expect, test } from "bun:test";
import { lintDockerfile, rules } from "./lint.ts";
import type { LintOptions } from "./rule.ts";

const arm = { os: "linux", architecture: "arm64" };
const amd = { os: "linux", architecture: "amd64" };

interface Case {
	readonly bad: string;
	/** The line, and a part of what is said. */
	readonly at: readonly [number, string];
	readonly good: string;
	readonly options?: Partial<LintOptions>;
}

const cases: Readonly<Record<string, Case>> = {
	StageNameCasing: {
		bad: "FROM a AS Build",
		at: [1, "Stage name 'Build' should be lowercase"],
		good: "FROM a AS build",
	},
	FromAsCasing: {
		bad: "FROM a as build",
		at: [1, "'as' and 'FROM' keywords' casing do not match"],
		good: "from a as build",
	},
	NoEmptyContinuation: {
		bad: "FROM a\nRUN x \\\n\n  y",
		at: [2, "Empty continuation line"],
		good: "FROM a\nRUN x \\\n# why\n  y",
	},
	ConsistentInstructionCasing: {
		bad: 'FROM a\nRUN x\nCmd ["y"]',
		at: [3, "Command 'Cmd' should match the case of the command majority (uppercase)"],
		good: "from a\nrun x",
	},
	DuplicateStageName: {
		bad: "FROM a AS b\nFROM a AS b",
		at: [2, "Duplicate stage name 'b'"],
		good: "FROM a AS b\nFROM a AS c",
	},
	ReservedStageName: {
		bad: "FROM a AS context",
		at: [1, "reserved stage 'context'"],
		good: "FROM a AS contexts",
	},
	JSONArgsRecommended: {
		bad: "FROM a\nENTRYPOINT x y",
		at: [2, "JSON arguments recommended for ENTRYPOINT"],
		good: 'FROM a\nSHELL ["/bin/bash", "-c"]\nENTRYPOINT x y\nFROM a\nENTRYPOINT ["x"]',
	},
	MaintainerDeprecated: {
		bad: "FROM a\nMAINTAINER me",
		at: [2, "Maintainer instruction is deprecated"],
		good: "FROM a\nLABEL org.opencontainers.image.authors=me",
	},
	UndefinedArgInFrom: {
		bad: "ARG VERSION=1\nFROM a:$VERSIO",
		at: [2, "FROM argument 'VERSIO' is not declared (did you mean VERSION?)"],
		good: "ARG VERSION=1\nFROM --platform=$BUILDPLATFORM a:$VERSION",
	},
	UndefinedVar: {
		bad: "FROM scratch\nARG name=1\nLABEL x=$nam",
		at: [3, "Usage of undefined variable '$nam' (did you mean name?)"],
		good: "FROM scratch AS b\nARG name\nENV y=2\nCOPY $name ${z:-x} /\nFROM b\nLABEL a=$y p=$PATH\nFROM unknown\nLABEL a=$y",
	},
	WorkdirRelativePath: {
		bad: "FROM a\nWORKDIR x",
		at: [2, 'Relative workdir "x"'],
		good: "FROM a AS b\nWORKDIR /x\nWORKDIR y\nFROM b\nWORKDIR z",
	},
	MultipleInstructionsDisallowed: {
		bad: 'FROM a\nCMD ["x"]\nCMD ["y"]',
		at: [2, "Multiple CMD instructions"],
		good: 'FROM a\nCMD ["x"]\nFROM a\nCMD ["y"]',
	},
	LegacyKeyValueFormat: {
		bad: "FROM a\nENV x y",
		at: [2, '"ENV key=value" should be used instead of legacy "ENV key value" format'],
		good: "FROM a\nENV x=y",
	},
	RedundantTargetPlatform: {
		bad: "FROM --platform=$TARGETPLATFORM a",
		at: [1, "Setting platform to predefined $TARGETPLATFORM in FROM is redundant"],
		good: "FROM --platform=$BUILDPLATFORM a",
	},
	SecretsUsedInArgOrEnv: {
		bad: "FROM a\nARG AWS_SECRET_ACCESS_KEY",
		at: [2, 'sensitive data (ARG "AWS_SECRET_ACCESS_KEY")'],
		good: "FROM a\nENV PUBLIC_KEY=x KEYBOARD=y",
	},
	InvalidDefaultArgInFrom: {
		bad: "ARG TAG\nFROM a:${TAG}",
		at: [2, "Default value for ARG a:${TAG} results in an empty or invalid base image name"],
		good: "ARG TAG=1\nFROM a:${TAG}\nFROM a${OTHER}",
	},
	FromPlatformFlagConstDisallowed: {
		bad: "FROM --platform=linux/amd64 a",
		at: [1, 'constant value "linux/amd64"'],
		good: "FROM --platform=linux/amd64 a AS build_amd64",
	},
	CopyIgnoredFile: {
		bad: "FROM a\nCOPY ./dist/x /",
		at: [2, 'Attempting to Copy file "./dist/x" that is excluded by .dockerignore'],
		good: "FROM a AS b\nCOPY src /\nFROM a\nCOPY --from=b dist /",
		options: { ignore: "dist\n" },
	},
	InvalidDefinitionDescription: {
		bad: "# check=experimental=all\n\n# the base\nFROM a AS base",
		at: [4, "`# base <description>`"],
		good: "# check=experimental=all\n\n# base is what all stand on\nFROM a AS base\n# of something else\n\nARG x",
	},
	ExposeProtoCasing: {
		bad: "FROM a\nEXPOSE 80/TCP",
		at: [2, "Defined protocol '80/TCP'"],
		good: "FROM a\nEXPOSE 80/tcp 81",
	},
	ExposeInvalidFormat: {
		bad: "FROM a\nEXPOSE 127.0.0.1:80:80",
		at: [2, "found '127.0.0.1:80:80'"],
		good: "FROM a\nARG p\nEXPOSE ${p:-80}",
	},
	InvalidBaseImagePlatform: {
		bad: "FROM a",
		at: [1, 'pulled with platform "linux/arm64", expected "linux/amd64"'],
		good: "FROM other",
		options: {
			platform: amd,
			image: (name) => ({ env: [], platform: name === "a" ? arm : amd }),
		},
	},
};

for (const [rule, { bad, at, good, options = {} }] of Object.entries(cases)) {
	const of = (text: string) =>
		lintDockerfile(text, { buildArgs: new Map(), ...options }).warnings.filter((one) => one.rule === rule);
	test(`${rule} is found`, () => {
		const [first, ...more] = of(bad);
		expect(more).toEqual([]);
		expect(first?.range.startLine).toBe(at[0]);
		expect(first?.message).toContain(at[1]);
	});
	test(`${rule} is not found where all is well`, () => {
		expect(of(good)).toEqual([]);
	});
}

test("each rule has its example", () => {
	expect(rules.map(({ name }) => name).sort()).toEqual(Object.keys(cases).sort());
});

const two = 'MAINTAINER me\nCMD ["x"]\nCMD ["y"]';

test("a Dockerfile skips checks, and makes warnings errors", () => {
	const lint = (check: string) =>
		lintDockerfile(`# check=${check}\nFROM a\n${two}`, { buildArgs: new Map() });
	expect(lint("skip=MaintainerDeprecated").warnings.map(({ rule }) => rule)).toEqual([
		"MultipleInstructionsDisallowed",
	]);
	expect(lint("skip=all;error=true")).toEqual({ warnings: [], isError: false });
	expect(lint("error=true").isError).toBe(true);
	expect(() => lint("nope=1")).toThrow('invalid check option "nope=1"');
});

test("a warning says where it is explained", () => {
	const { warnings } = lintDockerfile("FROM a\nCMD x", { buildArgs: new Map() });
	expect(warnings[0]?.url).toBe("https://docs.docker.com/go/dockerfile/rule/json-args-recommended/");
});
