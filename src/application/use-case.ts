/** One verb. Throws a Refusal to say no; anything else that is thrown is a fault. */
export interface UseCase<Input, Output> {
  execute(input: Input): Promise<Output>;
}
