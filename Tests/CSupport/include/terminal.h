#pragma once

/// A new terminal of this size; returns the end that plays the person, and gives the program's; -1 with errno.
int terminal_open(int lines, int columns, int *program_end);
/// Also tells the program (SIGWINCH).
int terminal_resize(int own_end, int lines, int columns);
/// Starts a program with the terminal as its standard streams and its controlling terminal; its pid, or -1.
int terminal_spawn(int program_end, const char *path, char *const arguments[], char *const environment[]);
