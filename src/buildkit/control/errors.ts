/** Errors of builds with what lets clients show the lines of the Dockerfile that they are about. */
import { DockerfileError } from "../../builder/index.ts";
import { type ErrorDetail, GrpcError, toGrpcError } from "../grpc/status.ts";
import type { Progress } from "./progress.ts";

/** Details are JSON under names that BuildKit's clients have registered (`solver/errdefs`). */
const namespace = "github.com/moby/buildkit/errdefs";

export function buildError(error: unknown, progress: Progress): GrpcError {
	const plain = toGrpcError(error);
	const details: ErrorDetail[] = [...plain.details];
	const { failed, source } = progress;
	if (failed !== undefined) details.push(detail("Vertex", { digest: failed.digest }));
	const range = rangeOf(error, failed?.line ?? 0);
	if (source !== undefined && range !== undefined) {
		const info = {
			filename: source.name,
			data: Buffer.from(source.text).toString("base64"),
			language: "Dockerfile",
		};
		details.push(detail("Source", { info, ranges: [range] }));
	}
	return new GrpcError(plain.code, plain.message, { details, cause: error });
}

/** A request for something that BuildKit's Dockerfile frontend does beside building. */
export function unsupportedSubrequest(name: string): GrpcError {
	return new GrpcError(12, `unsupported request ${name}`, { details: [detail("Subrequest", { name })] });
}

function rangeOf(error: unknown, line: number) {
	if (error instanceof DockerfileError)
		return { start: { line: error.range.startLine }, end: { line: error.range.endLine } };
	return line > 0 ? { start: { line }, end: { line } } : undefined;
}

function detail(name: string, value: unknown): ErrorDetail {
	return { typeUrl: `${namespace}.${name}+json`, value: Buffer.from(JSON.stringify(value)) };
}
