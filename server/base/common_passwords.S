/* The best known passwords, a line each, in the order of bytes; see password_common.h. */
  .section .rodata
  .global common_passwords, common_passwords_end
common_passwords:
  .incbin "server/base/common_passwords.txt"
common_passwords_end:
  .section .note.GNU-stack,"",@progbits
