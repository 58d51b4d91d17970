import { expect, test } from "bun:test";
import { contextNeeds } from "./needs.ts";

function needs(text: string, target = "") {
	return contextNeeds(text, { target, buildArgs: new Map() });
}

test("what the target's instructions name is needed, and no more", () => {
	const text = `ARG B=b
FROM a AS unused
COPY never /
FROM $B AS build
COPY package.json ./src/*.ts lib/ /app/
RUN --mount=type=bind,source=./tools,target=/t true
FROM scratch
COPY --from=build /app /app
COPY --from=tool:1 /x /x
ADD https://example.com/x /x
`;
	expect(needs(text)).toEqual({
		paths: ["package.json", "src", "lib", "tools"],
		bases: ["b"],
		others: ["tool:1"],
	});
});

test("a variable or the context itself leaves all open", () => {
	expect(needs("FROM a\nCOPY $x/y /").paths).toEqual([""]);
	expect(needs("FROM a\nCOPY . /").paths).toEqual([""]);
	expect(needs("FROM a\nCOPY x/${y}z /").paths).toEqual(["x"]);
	expect(needs("FROM a\nRUN --mount=target=/src true").paths).toEqual([""]);
});
