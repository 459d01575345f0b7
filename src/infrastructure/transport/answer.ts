import type { HttpHandler, HttpRequest, HttpResponse } from '#app/application/ports/transport.ts';
import { checkedResponse, refusal } from './http-rules.ts';

/** Where exceptions out of handlers go. What it throws itself has nowhere to go. */
export type Report = (error: unknown, where: string) => void;

export const reporter =
  (fault: Report): Report =>
  (error, where) => {
    try {
      fault(error, where);
    } catch {
      // A reporter that fails must not take the process along.
    }
  };

export type Checked = ReturnType<typeof checkedResponse>;

/** The response if it can be sent, else a reported 500. */
export const checked = (response: HttpResponse, report: Report): Checked => {
  try {
    return checkedResponse(response);
  } catch (error) {
    report(error, 'http');
    return checkedResponse(refusal(500));
  }
};

/** Runs the handler and always yields a response that can be sent: what goes wrong is reported and answered 500. */
export const answer = async (handler: HttpHandler, request: HttpRequest, report: Report): Promise<Checked> => {
  try {
    return checkedResponse(await handler(request));
  } catch (error) {
    report(error, 'http');
    return checkedResponse(refusal(500));
  }
};
