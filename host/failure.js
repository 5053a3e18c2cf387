/** An error that the operator can fix, in English and Chinese. */
export class Failure extends Error {
  /**
   * @param {string} english
   * @param {string} chinese
   * @param {{ passing?: boolean }} [options] `passing`: the cause can end by itself, so a later attempt can succeed
   */
  constructor(english, chinese, { passing = false } = {}) {
    super(`${english}\n${chinese}`);
    this.name = "Failure";
    this.passing = passing;
  }
}
