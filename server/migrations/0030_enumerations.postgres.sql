-- Enumerated values are checked by tables in code.
ALTER TABLE operator DROP CONSTRAINT operator_role_check, DROP CONSTRAINT operator_status_check;
ALTER TABLE conversation DROP CONSTRAINT conversation_status_check;
ALTER TABLE message DROP CONSTRAINT message_direction_check, DROP CONSTRAINT message_delivery_check,
                    DROP CONSTRAINT message_origin_check;
ALTER TABLE file DROP CONSTRAINT file_state_check;
ALTER TABLE staff_message DROP CONSTRAINT staff_message_kind_check;
