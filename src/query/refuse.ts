/** The one way in which a query refuses a parameter: naming it, for people in the sentence and for programs beside it. */
import { type Problem, problem } from "../problem.js";

export function refuseParameter(parameter: string, sentence: string): Problem {
  return problem("invalid_parameter", sentence, { extra: { parameter } });
}
