import { containerPause } from "../../../client/index.ts";
import { eachContainer } from "./simple.ts";

export const command = eachContainer("running-container", containerPause);
