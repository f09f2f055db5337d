package dev.levin.formats.tokenizer;

/**
 * A token that is read from text as a whole, before anything else looks at it.
 *
 * @param special a control token, read only where the caller allows it
 * @param stripLeft takes the white space before it with it
 * @param stripRight takes the white space after it with it
 * @param singleWord only where no letter or digit touches it
 */
record AddedToken(
    int id,
    String text,
    boolean special,
    boolean stripLeft,
    boolean stripRight,
    boolean singleWord) {
  AddedToken withText(String newText) {
    return new AddedToken(id, newText, special, stripLeft, stripRight, singleWord);
  }
}
