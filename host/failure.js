/** An error that the operator can fix, in English and Chinese. */
export class Failure extends Error {
  /**
   * @param {string} english
   * @param {string} chinese
   */
  constructor(english, chinese) {
    super(`${english}\n${chinese}`);
    this.name = "Failure";
  }
}
