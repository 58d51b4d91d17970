import { TemplateError } from "./error.ts";
import { functions, isTrue } from "./functions.ts";
import { type Node, type Operand, type Pipeline, parseTemplate } from "./parse.ts";
import { printValue, sortedEntries } from "./print-value.ts";

export { TemplateError } from "./error.ts";

/**
 * Reads a Go template and gives the function that fills it in. What users write for `docker --format` works: fields,
 * methods, variables, pipelines, `if`, `range`, `with`, comparisons and docker's functions.
 *
 * Data are plain JSON values; objects are maps, functions in them are methods. A field that is not there is false in
 * a condition and an error when it is printed or read from, so that a typing error does not print nothing.
 */
export function compileTemplate(source: string): (data: unknown) => string {
	const nodes = parseTemplate(source);
	return (data) => {
		const scope: Scope = { dot: data, variables: new Map([["$", { value: data }]]) };
		return runNodes(nodes, scope);
	};
}

interface Scope {
	readonly dot: unknown;
	readonly variables: Map<string, { value: unknown }>;
}

function inner(scope: Scope, dot: unknown): Scope {
	return { dot, variables: new Map(scope.variables) };
}

function runNodes(nodes: readonly Node[], scope: Scope): string {
	return nodes.map((node) => runNode(node, scope)).join("");
}

function runNode(node: Node, scope: Scope): string {
	switch (node.kind) {
		case "text":
			return node.text;
		case "print":
			return runPrint(node.pipeline, scope);
		case "if":
			return runIf(node, inner(scope, scope.dot));
		case "with":
			return runWith(node, scope);
		case "range":
			return runRange(node, scope);
		default:
			return node satisfies never;
	}
}

type Block = Extract<Node, { body: readonly Node[] }>;

function runPrint(pipeline: Pipeline, scope: Scope): string {
	const value = evaluate(pipeline, scope);
	if (pipeline.variables.length > 0) return "";
	if (value !== undefined) return printValue(value);
	const last = pipeline.commands.at(-1)!.at(-1)!;
	return fail(pipeline, last, `map has no entry for key ${JSON.stringify(last.fields.at(-1) ?? last.text)}`);
}

function runIf(node: Block, scope: Scope): string {
	return runNodes(isTrue(evaluate(node.pipeline, scope)) ? node.body : node.otherwise, scope);
}

function runWith(node: Block, scope: Scope): string {
	const outer = inner(scope, scope.dot);
	const value = evaluate(node.pipeline, outer);
	if (!isTrue(value)) return runNodes(node.otherwise, outer);
	return runNodes(node.body, inner(outer, value));
}

function runRange(node: Block, scope: Scope): string {
	const [first, second] = node.pipeline.variables;
	const value = evaluate({ ...node.pipeline, variables: [] }, scope);
	const entries = entriesOf(node.pipeline, value);
	if (entries.length === 0) return runNodes(node.otherwise, inner(scope, scope.dot));
	return entries
		.map(([key, item]) => {
			const round = inner(scope, item);
			if (first !== undefined) round.variables.set(first, { value: second === undefined ? item : key });
			if (second !== undefined) round.variables.set(second, { value: item });
			return runNodes(node.body, round);
		})
		.join("");
}

function entriesOf(pipeline: Pipeline, value: unknown): [unknown, unknown][] {
	if (value === undefined || value === null || value === "") return [];
	if (Array.isArray(value)) return value.map((item, index) => [index, item]);
	if (typeof value === "object") return sortedEntries(value);
	if (typeof value === "number") return Array.from({ length: value }, (_, index) => [index, index]);
	return fail(pipeline, pipeline.commands[0]![0]!, `range can't iterate over ${printValue(value)}`);
}

function evaluate(pipeline: Pipeline, scope: Scope): unknown {
	let value: unknown;
	pipeline.commands.forEach((command, index) => {
		value = runCommand(pipeline, command, { scope, piped: index > 0 ? [value] : [] });
	});
	const name = pipeline.variables[0];
	if (name === undefined) return value;
	const known = scope.variables.get(name);
	if (!pipeline.assigns) scope.variables.set(name, { value });
	else if (known === undefined) fail(pipeline, pipeline.commands[0]![0]!, `undefined variable: ${name}`);
	else known.value = value;
	return value;
}

function runCommand(
	pipeline: Pipeline,
	[first, ...rest]: readonly Operand[],
	{ scope, piped }: { scope: Scope; piped: readonly unknown[] },
): unknown {
	const operand = first!;
	const values = () => [...rest.map((item) => operandValue(pipeline, item, scope)), ...piped];
	if (operand.kind === "function")
		return call(pipeline, operand, () => functions[operand.name]!(...values()));
	const value = operandValue(pipeline, operand, scope, true);
	if (typeof value === "function") return call(pipeline, operand, () => value(...values()));
	if (rest.length + piped.length > 0)
		fail(pipeline, operand, `can't give argument to non-function ${operand.text}`);
	return value;
}

function call(pipeline: Pipeline, operand: Operand, run: () => unknown): unknown {
	try {
		return run();
	} catch (error) {
		if (error instanceof TemplateError) throw error;
		return fail(pipeline, operand, `error calling ${operand.text}: ${(error as Error).message}`);
	}
}

function operandValue(pipeline: Pipeline, operand: Operand, scope: Scope, asCallee = false): unknown {
	const value = fieldsOf(pipeline, operand, baseValue(pipeline, operand, scope));
	return typeof value === "function" && !asCallee ? value() : value;
}

function baseValue(pipeline: Pipeline, operand: Operand, scope: Scope): unknown {
	switch (operand.kind) {
		case "dot":
			return scope.dot;
		case "nil":
			return null;
		case "literal":
			return operand.value;
		case "function":
			return functions[operand.name]!();
		case "pipeline":
			return evaluate(operand.pipeline, scope);
		case "variable": {
			const found = scope.variables.get(operand.name);
			if (found === undefined) fail(pipeline, operand, `undefined variable: ${operand.name}`);
			return found.value;
		}
		default:
			return operand satisfies never;
	}
}

function fieldsOf(pipeline: Pipeline, operand: Operand, base: unknown): unknown {
	let value = base;
	for (const field of operand.fields) {
		if (value === undefined || value === null)
			fail(pipeline, operand, `nil data; no entry for key ${JSON.stringify(field)}`);
		if (typeof value !== "object" || Array.isArray(value))
			fail(pipeline, operand, `can't evaluate field ${field} in type ${typeName(value)}`);
		const map = value as Record<string, unknown>;
		value = Object.hasOwn(map, field) ? map[field] : undefined;
	}
	return value;
}

function typeName(value: unknown): string {
	if (Array.isArray(value)) return "[]interface {}";
	return typeof value === "number" ? "int" : typeof value === "boolean" ? "bool" : typeof value;
}

function fail(pipeline: Pipeline, operand: Operand, message: string): never {
	const { line, column } = pipeline.at;
	throw new TemplateError(
		"execute",
		`template: :${line}:${column}: executing "" at <${operand.text}>: ${message}`,
	);
}
