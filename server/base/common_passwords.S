/* The best known passwords, a line each, in the order of bytes; see password_common.h. */
  .section .rodata
  .global common_passwords, common_passwords_bytes
  .balign 8
common_passwords_bytes:
  .quad end - common_passwords
common_passwords:
  .incbin "server/base/common_passwords.txt"
end:
  .section .note.GNU-stack,"",@progbits
